/* Which picture: the person's own, those painted here, and examples, as one row to choose from. The studio judges files, never this script. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEPT = "album";

  A.sourceUrl = (source) => (source.startsWith("example:") ? `atelier/examples/${source.slice(8)}.jpg` : A.inputUrl(source, true));

  A.exampleName = (name) => ({ forest: A.say("Example: a forest"), meadow: A.say("Example: a meadow"), mountains: A.say("Example: mountains") })[name] ?? `${A.say("Example")}: ${name}`;

  /* `choose(source)` is called with a name the studio knows. */
  A.album = (room, root, examples, choose) => {
    const file = A.make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", class: "unseen", tabindex: "-1", "aria-label": A.say("Choose a file"), on: { change: () => {
      if (file.files.length) take(file.files[0]);
      file.value = "";
    } } });
    const own = A.make("button", { type: "button", class: "album-own", on: { click: () => file.click() } }, A.icon("picture"), A.make("span", {}, A.say("Your picture")));
    const row = A.make("div", { class: "album-row", role: "group", "aria-label": A.say("Choose a picture") });
    const told = A.make("p", { class: "album-told", role: "status" });
    const node = A.make("div", { class: "album" }, row, told, file);
    let here = "", mine = "", turn = 0;

    const say = (text, wrong = false) => {
      told.textContent = text;
      told.classList.toggle("wrong", wrong);
    };
    const button = (key, image, label, act) => A.make("button", {
      type: "button", class: "recent", "data-key": key, title: label, "aria-label": label, on: { click: act },
    }, A.make("img", { src: image, alt: "" }));

    function draw() {
      const brought = mine ? [button(mine, A.sourceUrl(mine), A.say("Your picture"), () => show(mine))] : [];
      const painted = A.recent.map((picture) => button(`picture:${picture.id}`, `picture/${picture.id}/small`, picture.prompt || A.say("untitled"), () => bring({ picture: picture.id }, `picture:${picture.id}`)));
      const given = examples.map((name) => button(`example:${name}`, A.sourceUrl(`example:${name}`), A.exampleName(name), () => show(`example:${name}`)));
      row.replaceChildren(own, ...brought, ...painted, ...given);
      mark();
    }
    function mark() {
      for (const one of row.children) {
        one.classList.toggle("here", one.dataset.key === here);
        if (one.dataset.key) one.setAttribute("aria-pressed", String(one.dataset.key === here));
      }
    }
    function show(source, key = source) {
      turn++;
      here = key;
      mark();
      say("");
      choose(source);
    }

    async function bring(values, key) {
      const now = ++turn;
      say(A.say("Taking it in"));
      try {
        const { source, notices } = await A.bring(values);
        if (now !== turn) return;
        if (values.file) {
          mine = source;
          A.keep(KEPT, { source, blob: values.file });
        }
        show(source, key ?? source);
        draw();
        say(notices.join(" "));
      } catch (error) {
        if (now === turn) say(`${error.message} ${error.hint ?? ""}`.trim(), true);
      }
    }
    const take = (blob) => bring({ file: blob, as: "picture" });

    /* What was shown before a reload; the studio may have forgotten it, this browser may not. */
    async function resume(source) {
      if (!source || source.startsWith("example:")) return show(examples.some((name) => source === `example:${name}`) ? source : `example:${examples[0]}`);
      // The browser's own copy of the picture says nothing about the studio.
      const known = await fetch(A.inputUrl(source, true), { cache: "no-store" }).then((answer) => answer.ok, () => false);
      if (!known) return replace(source);
      mine = source;
      show(source);
      draw();
    }

    /* A picture the studio does not know any more: again from this browser, else an example in its place, and a word about it. */
    async function replace(source) {
      const now = ++turn;
      here = "";
      if (mine === source) mine = "";
      draw();
      const kept = await A.kept(KEPT);
      if (now !== turn) return;
      if (kept?.source === source) {
        A.forget(KEPT);
        await take(kept.blob);
        if (here || now + 1 !== turn) return;
      }
      show(`example:${examples[0]}`);
      say(A.say("Your picture is no longer at hand. Choose it again."));
    }

    const files = (data) => [...(data?.files ?? [])];
    root.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
    root.addEventListener("drop", (event) => {
      const [dropped] = files(event.dataTransfer);
      if (!dropped) return;
      event.preventDefault();
      event.stopPropagation();
      take(dropped);
    });
    document.addEventListener("paste", (event) => {
      const [pasted] = files(event.clipboardData);
      if (!pasted || !root.checkVisibility()) return;
      event.preventDefault();
      take(pasted);
    });
    A.onGather(draw);
    draw();
    return { node, take, resume, replace, bring: (id) => bring({ picture: id }, `picture:${id}`) };
  };
})();
