/* The stage: draws scenes. A scene is complete (see studio/ui/stage.py); cells are changed in place, so nothing flickers or jumps:
   a cell has its final size before the first preview, and a finished picture fades in over its last preview once it is decoded. */
"use strict";
(() => {
  const A = window.Atelier;
  const ACTIVE = ["sending", "waiting", "painting"];
  const SILENCE = 30000;

  A.stage = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".stage");
    const room = A.room(element);
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", A.say("Stage"));

    const cells = A.make("div", { class: "cells" });
    const invite = drawn.invite === "picture" ? A.pictureInvitation(room) : invitation(drawn.examples, (name) => {
      A.paintNext = true;
      trigger("select", { example: name });
    });
    const corner = A.make("div", { class: "mat-corner" });
    const mat = A.make("div", { class: "mat" }, cells, invite, corner);

    const words = A.make("span", { class: "line-words" });
    const fill = A.make("span", { class: "fill" });
    const seeSteps = async (id) => {
      const panel = await A.openSteps("reverse");
      scrollTo({ top: 0 });
      panel.open(id);
    };
    const watchButton = A.make("button", { class: "quiet-button", id: room.id("watch"), type: "button", hidden: true, on: { click: () => seeSteps(`run:${view.jobs?.[selected] ?? runId}`) } }, A.icon("steps"), A.say("Steps"));
    const cancelButton = A.make("button", { class: "quiet-button", id: room.id("cancel"), type: "button", on: { click: () => cancel() } }, A.say("Cancel"), A.make("kbd", {}, "Esc"));
    const facts = A.make("p", { class: "facts" });
    const proof = A.make("p", { class: "proof", hidden: true });
    const line = A.make("div", { class: "line" }, words, proof, A.make("span", { class: "track", "aria-hidden": "true" }, fill), facts, watchButton, cancelButton);
    const live = A.make("div", { class: "unseen", role: "status", "aria-live": "polite" });
    const notes = A.make("div", { class: "notes" });
    const tool = (name, icon, label, act) =>
      A.make("button", { class: "tool", type: "button", id: room.id(`do-${name}`), title: A.say(label), "aria-label": A.say(label), on: { click: act } },
        A.icon(icon), A.make("span", {}, A.say(label)));
    const fullButton = tool("full", "full", "Full size", () => open());
    const downloadLink = A.make("a", { class: "tool", id: room.id("do-download"), title: A.say("Download PNG"), "aria-label": A.say("Download PNG"), download: true },
      A.icon("download"), A.make("span", {}, A.say("Download PNG")));
    const seedButton = tool("seed", "seed", "Copy seed", async () => {
      await A.copy(String(chosen().seed));
      tell(A.say("Seed copied"));
    });
    const useButton = tool("use", "settings", "Use these settings", () => A.useSettings(room, chosen()));
    const sendButton = A.sendMenu(tool, () => chosen());
    const loopButton = drawn.invite === "picture" ? tool("loop", "loop", "Use as input", () => A.send(chosen(), room.name, room.root.dataset.mode)) : null;
    const stepsButton = tool("steps", "steps", "Steps", () => seeSteps(chosen().id));
    const compareButton = tool("compare", "compare", "Compare", () => A.compare(chosen(), partners()));
    const actions = A.make("div", { class: "actions", role: "toolbar", "aria-label": A.say("Stage") },
      A.make("div", { class: "tools" }, fullButton, downloadLink, seedButton, useButton, stepsButton, compareButton, ...(loopButton ? [loopButton] : []), sendButton));

    const strip = A.make("div", { class: "strip", role: "group", "aria-label": A.say("Recent pictures") });
    root.replaceChildren(mat, line, notes, actions, strip, live);

    let view = { run: "", width: 1, height: 1, cells: [] };
    let state = "empty";
    let selected = 0;
    let wishToStop = false;
    let newest = null;
    let runId = "";
    let silence = 0;
    const followers = new Set();

    const active = () => ACTIVE.includes(state);
    const pictures = () => view.cells.map((cell) => cell.picture).filter(Boolean);
    const chosen = () => view.cells[selected]?.picture ?? null;
    const partners = () => {
      const mine = chosen();
      const all = [...pictures(), ...A.recent];
      const same = all.filter((other, i) => other.id !== mine.id && other.width === mine.width && other.height === mine.height
        && all.findIndex((same) => same.id === other.id) === i);
      return mine.before ? [A.before(mine), ...same] : same;
    };
    const tell = (text) => { live.textContent = text; words.textContent = text; };

    function setState(next, text, tone = "") {
      if (next !== state) A.pollStatus?.();
      // While one writes, a screen reader reads what is written.
      if (next !== "sketched" && (next !== state || !ACTIVE.includes(next))) live.textContent = text;
      state = next;
      root.dataset.state = next;
      line.dataset.tone = tone;
      words.textContent = text;
      if (active()) room.root.dataset.busy = next;
      else delete room.root.dataset.busy;
      cancelButton.hidden = !active();
      watchButton.hidden = next !== "painting";
      for (const paint of room.root.querySelectorAll("button.paint")) paint.setAttribute("aria-disabled", active());
      clearTimeout(silence);
      if (active()) silence = setTimeout(() => {
        words.textContent = A.say("No word from the studio for a while. The picture is kept if it was finished.");
      }, SILENCE);
    }

    /* ---- scenes ---- */

    function draw(scene) {
      if (!scene?.state) return;
      if (scene.state === "refused") {
        setState(view.cells.length ? "done" : "empty", scene.line, "error");
        scene.errors.forEach((error) => A.showError(room, error));
        return;
      }
      if (scene.run !== view.run) {
        A.clearErrors(room);
        selected = 0;
        build(scene);
        room.show("stage");
      }
      runId = scene.run;
      view = scene;
      scene.cells.forEach((cell, i) => update(cells.children[i], cell, i));
      fill.style.transform = `scaleX(${scene.progress})`;
      notes.replaceChildren(...scene.notes.map((note) => A.make("p", {}, note)));
      setState(scene.state, wishToStop && ACTIVE.includes(scene.state) ? A.say("Stopping after this step") : scene.line,
        scene.state === "failed" ? "error" : "");
      if (wishToStop && active()) trigger("stop", { run: runId });
      if (!active()) wishToStop = false;
      A.gather(pictures());
      drawActions();
      for (const act of followers) act(scene);
    }

    /* A live picture takes the place of the one before at once, when it is decoded; one that was overtaken meanwhile does not. */
    async function sketch(scene) {
      const [cell] = scene.cells;
      newest = scene;
      const image = A.make("img", { src: cell.picture ? `picture/${cell.picture.id}` : cell.preview });
      await image.decode().catch(() => {});
      if (newest !== scene || active()) return;
      A.clearErrors(room);
      if (cells.children.length !== 1 || view.width !== scene.width || view.height !== scene.height || cells.matches(".on-picture, .on-part")) build({ ...scene, under: "", part: false });
      room.show("stage");
      selected = 0;
      view = scene;
      cells.classList.add("live");
      const [node] = cells.children;
      if (!cell.picture) node.classList.remove("ready");
      update(node, cell, 0);
      note(scene.notes);
      fill.style.transform = "scaleX(0)";
      setState(scene.state, scene.line);
      A.gather(pictures());
      drawActions();
    }

    function build(scene) {
      cells.classList.remove("live");
      cells.replaceChildren(...scene.cells.map((_, i) =>
        A.make("button", { class: "cell", type: "button", on: { click: () => press(i) } },
          A.make("img", { class: "preview", alt: "" }), A.make("img", { class: "final", alt: "" }), A.make("span", { class: "cell-note" }), A.make("span", { class: "cell-caption" }))));
      // In a stylesheet an address would start from the stylesheet.
      cells.style.setProperty("--under", scene.under ? `url("${new URL(scene.under, document.baseURI)}")` : "none");
      cells.classList.toggle("on-picture", Boolean(scene.under));
      cells.classList.toggle("on-part", scene.part === true);
      fit(scene);
    }

    function update(node, cell, i) {
      const [preview, final, note, caption] = node.children;
      caption.textContent = cell.caption ?? "";
      const count = cells.children.length;
      node.dataset.state = cell.state;
      node.setAttribute("aria-pressed", String(i === selected));
      node.setAttribute("aria-label",
        `${A.say("Picture {number} of {count}", { number: i + 1, count })}${cell.picture ? `: ${cell.picture.prompt || A.say("untitled")}` : ""}`);
      node.style.setProperty("--part", cell.progress ?? 0);
      if (cell.preview && preview.getAttribute("src") !== cell.preview) preview.src = cell.preview;
      note.textContent = cell.state === "waiting" ? A.say("waiting") : cell.state === "failed" || (cell.state === "stopped" && !cell.picture) ? A.say("not painted") : "";
      if (cell.error) note.textContent = cell.error.message;
      if (cell.picture && final.dataset.id !== cell.picture.id) {
        final.dataset.id = cell.picture.id;
        final.src = `picture/${cell.picture.id}`;
        final.alt = cell.picture.prompt || A.say("untitled");
        final.decode().catch(() => {}).then(() => node.classList.add("ready"));
      }
    }

    function fit(scene = view) {
      const count = Math.max(scene.cells.length, 1);
      const gap = count > 1 ? 8 : 0;
      const margin = mat.clientWidth < 600 ? 8 : 16;
      const width = mat.clientWidth - 2 * margin, height = mat.clientHeight - 2 * margin;
      let best = { scale: 0, columns: 1 };
      for (let columns = 1; columns <= count; columns++) {
        const rows = Math.ceil(count / columns);
        const scale = Math.min((width - gap * (columns - 1)) / columns / scene.width, (height - gap * (rows - 1)) / rows / scene.height);
        if (scale > best.scale) best = { scale, columns };
      }
      const side = Math.floor(scene.width * best.scale);
      cells.style.gap = `${gap}px`;
      cells.style.gridTemplateColumns = `repeat(${best.columns}, ${side}px)`;
      cells.style.setProperty("--shape", `${scene.width} / ${scene.height}`);
      cells.style.setProperty("--blur", `${Math.max(1, side / 40)}px`);
    }
    new ResizeObserver(() => fit()).observe(mat);

    function press(i) {
      if (i === selected && chosen()) return open();
      selected = i;
      [...cells.children].forEach((node, j) => node.setAttribute("aria-pressed", String(i === j)));
      drawActions();
      drawStrip();
    }

    function open() {
      if (chosen()) A.lightbox(pictures(), pictures().findIndex((picture) => picture.id === chosen().id));
    }

    function drawActions() {
      const picture = chosen();
      actions.dataset.empty = String(!picture);
      for (const node of actions.querySelectorAll("button, a")) node.toggleAttribute("disabled", !picture);
      if (!picture) {
        proof.hidden = true;
        downloadLink.removeAttribute("href");
        facts.textContent = "";
        return;
      }
      facts.textContent = picture.facts;
      proof.textContent = picture.proof ?? "";
      proof.hidden = !picture.proof;
      downloadLink.href = `picture/${picture.id}?download=1`;
      const alone = partners().length === 0;
      compareButton.toggleAttribute("disabled", alone);
      compareButton.lastChild.textContent = A.say(picture.before ? "Before and after" : "Compare");
      compareButton.title = picture.before ? A.say("Before and after") : A.say(alone ? "Paint another of this size to compare" : "Compare with another picture of the same size");
    }

    /* ---- the strip ---- */

    function drawStrip() {
      if (!A.recent.length) {
        strip.replaceChildren(A.make("p", { class: "quiet" }, A.say("Your pictures will gather here.")));
        return;
      }
      const here = chosen()?.id;
      const known = new Map([...strip.children].map((node) => [node.dataset.id, node]));
      const nodes = A.recent.map((picture) => {
        const node = known.get(picture.id) ?? A.make("button", {
          class: "recent", type: "button", "data-id": picture.id, title: picture.prompt || A.say("untitled"),
          "aria-label": `${A.say("Show this picture on the stage")}: ${picture.prompt || A.say("untitled")}`,
          on: { click: () => show(picture) },
        }, A.make("img", { src: `picture/${picture.id}/small`, alt: "", loading: "lazy", style: `aspect-ratio: ${picture.width} / ${picture.height}` }));
        node.classList.toggle("here", picture.id === here);
        return node;
      });
      if (nodes.some((node, i) => strip.children[i] !== node) || strip.children.length !== nodes.length) strip.replaceChildren(...nodes);
    }

    function show(picture) {
      if (active()) return A.lightbox(A.recent, A.recent.findIndex((other) => other.id === picture.id));
      draw({ run: `picture ${picture.id}`, state: "done", line: picture.prompt || A.say("untitled"), progress: 0, notes: [],
        width: picture.width, height: picture.height, cells: [{ state: "done", picture }] });
    }

    /* ---- from outside ---- */

    function sending() {
      if (active()) return false;
      newest = null;
      A.clearErrors(room);
      wishToStop = false;
      runId = "";
      fill.style.transform = "scaleX(0)";
      setState("sending", A.say("Sending"));
      // On a phone the form is below the stage: bring the stage back into view.
      const { top, bottom } = mat.getBoundingClientRect();
      if (bottom < 120 || top > innerHeight - 120) mat.scrollIntoView({ block: "center" });
      return true;
    }

    function cancel() {
      if (!active()) return;
      wishToStop = true;
      words.textContent = A.say("Stopping after this step");
      if (runId) trigger("stop", { run: runId });
    }

    function lost(why = "The connection broke before the picture was done.") {
      if (!active()) return;
      for (const node of cells.children) if (node.dataset.state === "painting") node.dataset.state = "stopped";
      setState(view.cells.length ? "done" : "empty", A.say(why), "error");
    }

    const hint = (text) => { if (!active()) words.textContent = text; };
    const note = (lines) => notes.replaceChildren(...lines.map((one) => A.make("p", {}, one)));

    function refuse(error) {
      setState(view.cells.length ? "done" : "empty", error.field ? "" : `${error.message} ${error.hint ?? ""}`.trim(), "error");
      A.showError(room, error);
    }

    function silent(text) {
      if (active()) words.textContent = text;
    }

    setState("empty", A.say("Ctrl + Enter paints, Esc stops."));
    live.textContent = "";  // it stands there already, and is no news
    drawActions();
    drawStrip();
    A.onGather(() => { drawStrip(); drawActions(); });
    watch("value", () => draw(props.value));
    room.ready("stage", { corner, follow: (act) => followers.add(act), get painted() { return view.cells.length > 0; }, get active() { return active(); }, get state() { return state; }, sketch, hint, sending, cancel, lost, silent, refuse, note, use: (id) => trigger("select", { id }), fill: (settings) => trigger("select", { settings }) });
  };

  function invitation(examples, choose) {
    const cards = examples.map(({ name, prompt, style }) => {
      const file = `examples/${name}.jpg`;
      const picture = A.thumbnails.includes(file)
        ? A.make("img", { src: `atelier/${file}`, alt: "" })
        : A.make("span", { class: "sketch", "data-name": name, "aria-hidden": "true" });
      return A.make("button", { class: "example", type: "button", on: { click: () => choose(name) } }, picture, A.make("span", { lang: "en" }, `${prompt}, ${style}`));
    });
    return A.make("div", { class: "invite" },
      A.make("h2", {}, A.say("What shall we paint?")),
      A.make("p", {}, A.say("Write a few words, or start from one of these.")),
      A.make("div", { class: "examples" }, ...cards));
  }
})();
