/* One picture whole: large on the left; its words, settings, family and everything that can be done with it on the right. */
"use strict";
(() => {
  const A = window.Atelier;

  const button = (icon, label, act, more = {}) => A.make("button", { type: "button", class: "round", "aria-label": A.say(label), title: A.say(label), ...more, on: { click: act } }, A.icon(icon));

  /* acts: { list(), star(picture), remove(picture), closed(id), bare() } */
  A.galleryWhole = (room, acts) => {
    let node = null, picture = null, known = null, turn = 0;
    const tool = (name, icon, label, act) => A.make("button", { class: "tool", type: "button", id: `whole-${name}`, title: A.say(label), "aria-label": A.say(label), on: { click: act } }, A.icon(icon), A.make("span", {}, A.say(label)));
    const image = A.make("img", { alt: "" });
    const frame = A.make("div", { class: "frame whole-frame", tabindex: "0" }, image);
    const title = A.make("h2", {});
    const made = A.make("p", { class: "whole-made" });
    const list = A.make("dl", { class: "whole-settings" });
    const began = A.make("div", { class: "whole-began", hidden: true });
    const family = A.galleryFamily((kin) => show(kin));
    const wrong = A.make("p", { class: "whole-wrong", role: "status", hidden: true });
    const download = A.make("a", { class: "tool", id: "whole-download", download: true, title: A.say("Download PNG") }, A.icon("download"), A.make("span", {}, A.say("Download PNG")));
    const use = tool("use", "settings", "Use these settings", () => away(() => A.useSettings(room, known ?? picture)));
    const steps = tool("steps", "steps", "Steps", () => away(async () => {
      const panel = await A.openSteps("reverse");
      scrollTo({ top: 0 });
      panel.open(picture.id);
    }));
    const star = tool("star", "star", "Star", () => acts.star(picture));
    const bin = tool("delete", "bin", "Delete", () => acts.remove(picture));
    const send = A.sendMenu(tool, () => known ?? picture);
    send.addEventListener("click", (event) => { if (event.target.closest(".menu-item")) away(() => {}); });
    const tools = A.make("div", { class: "tools whole-tools", role: "toolbar", "aria-label": A.say("This picture") }, use, steps, send, download, star, bin);
    const previous = button("left", "Previous picture", () => go(-1)), next = button("right", "Next picture", () => go(1));

    function open(one) {
      if (!node) {
        node = A.make("dialog", { class: "viewer whole", "aria-label": A.say("Picture") },
          A.make("div", { class: "whole-sight" }, frame, A.make("div", { class: "whole-turn" }, previous, next)),
          A.make("div", { class: "whole-told" }, A.make("header", {}, title, made), tools, acts.bare(), wrong, list, began, family.node),
          A.make("div", { class: "viewer-close" }, button("close", "Close", () => node.close())));
        node.addEventListener("keydown", keys);
        node.addEventListener("close", () => {
          const { id } = picture;
          // Whatever is said at the foot of the page outlives the dialog it was said in.
          const toast = node.querySelector(".toast");
          if (toast) document.body.append(toast);
          node.remove();
          node = null;
          turn++;
          acts.closed(id);
        });
        document.body.append(node);
        node.showModal();
      }
      show(one);
      frame.focus();
    }

    const place = () => acts.list().findIndex((one) => one.id === picture.id);
    function go(by) {
      const all = acts.list(), at = place();
      if (all.length > 1) show(all[(at + by + all.length) % all.length]);
    }

    async function show(one) {
      const mine = ++turn;
      picture = one;
      known = null;
      image.src = one.damaged ? "" : `picture/${one.id}`;
      image.hidden = one.damaged;
      image.alt = one.prompt || A.say("untitled");
      for (const [name, value] of [["--width", `${one.width}px`], ["--shape", `${one.width} / ${one.height}`], ["--ratio", one.width / one.height]]) frame.style.setProperty(name, value);
      download.href = `picture/${one.id}?download=1`;
      title.textContent = one.prompt || A.say("untitled");
      title.classList.toggle("quiet", !one.prompt);
      made.textContent = one.facts;
      previous.hidden = next.hidden = acts.list().length < 2;
      for (const part of [use, steps, download, send.querySelector("button")]) part.toggleAttribute("disabled", one.damaged);
      wrong.hidden = !one.damaged;
      wrong.textContent = one.damaged ? A.say("This file was cut off or changed by something else, and cannot be read any more.") : "";
      dress();
      if (one.damaged) { list.replaceChildren(); began.hidden = true; family.node.hidden = true; return; }
      try {
        const told = await A.galleryAsk(`/${one.id}`);
        if (mine !== turn) return;
        tell(told);
      } catch (error) {
        if (mine !== turn) return;
        wrong.hidden = false;
        wrong.textContent = `${error.message} ${error.hint ?? ""}`.trim();
      }
      if (mine === turn) family.show(one.id);
    }

    function tell(told) {
      known = told;
      picture.starred = told.starred;
      dress();
      const painted = picture.time ? new Date(picture.time).toLocaleString(A.language, { dateStyle: "medium", timeStyle: "short" }) : "";
      made.replaceChildren(A.make("span", {}, [painted, told.facts].filter(Boolean).join(" · ")));
      list.replaceChildren(...told.settings.flatMap(({ label, value }) => [A.make("dt", {}, label), A.make("dd", {}, value)]));
      inputs(told);
    }

    async function inputs(told) {
      const mine = turn;
      const found = await Promise.all(told.inputs.map(async ({ field, label }) => {
        try { return [label, (await A.galleryAsk(`/${told.id}/${field}`)).source]; } catch { return [label, ""]; }
      }));
      if (mine !== turn) return;
      began.hidden = !found.length;
      began.replaceChildren(...found.map(([label, source]) => A.make("figure", {},
        source ? A.make("img", { src: A.inputUrl(source, true), alt: label }) : A.make("span", { class: "tile-note" }, A.say("Not here any more")), A.make("figcaption", {}, label))));
    }

    function dress() {
      star.setAttribute("aria-pressed", String(Boolean(picture.starred)));
    }

    const away = (act) => { node?.close(); return act(); };

    function keys(event) {
      if (event.target.closest("input, textarea, .menu, .family-frame") && event.key.startsWith("Arrow")) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowLeft") go(-1);
      else if (event.key === "ArrowRight") go(1);
      else if (event.key === "s" || event.key === "S") acts.star(picture);
      else if (event.key === "Delete") acts.remove(picture);
      else return;
      event.preventDefault();
    }

    return {
      open, dress, close: () => node?.close(),
      get shown() { return node ? picture : null; },
      /* The picture in view is gone: the one after it takes its place. */
      gone(left) {
        if (!node) return;
        if (left) show(left);
        else node.close();
      },
    };
  };

  /* Two pictures of different shape, side by side. */
  A.beside = (pair) => {
    const node = A.make("dialog", { class: "viewer beside", "aria-label": A.say("Compare") }, A.make("div", { class: "beside-pair" }, ...pair.map((one) => A.make("figure", {},
      A.make("img", { src: `picture/${one.id}`, alt: one.prompt || A.say("untitled") }), A.make("figcaption", {}, A.make("b", {}, one.prompt || A.say("untitled")), A.make("span", {}, one.facts))))),
      A.make("div", { class: "viewer-close" }, button("close", "Close", () => node.close())));
    node.addEventListener("close", () => node.remove());
    document.body.append(node);
    node.showModal();
  };
})();
