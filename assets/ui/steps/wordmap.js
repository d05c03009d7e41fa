/* The word map: the prompt as words to click; where the network looked for one of them glows over the picture. */
"use strict";
(() => {
  const A = window.Atelier;
  const GROUPS = [["all", "All layers"], ["coarse", "Coarse"], ["middle", "Middle"], ["fine", "Fine"]];

  /* `mat` is the plate it glows over. */
  A.wordmap = (mat) => {
    const glow = A.make("img", { class: "glow", alt: "", hidden: true });
    mat.append(glow);
    const words = A.make("div", { class: "words-row", role: "group", "aria-label": A.say("The words of this run") });
    const groups = A.make("div", { class: "views", role: "radiogroup", "aria-label": A.say("Layers") }, ...GROUPS.map(([name, title]) =>
      A.make("button", { type: "button", class: "view", role: "radio", "data-group": name, on: { click: () => { group = name; draw(); } } }, A.say(title))));
    const line = A.make("p", { class: "words-line", role: "status" });
    const node = A.make("section", { class: "wordmap", "aria-label": A.say("Word map") },
      A.make("p", { class: "words-help" }, A.say("Click a word: where does the network look for it? Costs one pass.")),
      words, A.make("div", { class: "words-foot" }, groups, line));
    const known = new Map();
    let run = null, said = [], word = -1, group = "all", index = 0, turn = 0;

    // After the last pass there is none to look at; the last one is.
    const here = () => Math.min(index, run.steps.length - 1);
    const text = () => said[word]?.word ?? "";
    const url = () => `steps/${encodeURIComponent(run.id)}/word/${word}/${here()}?group=${group}`;

    /* A turn may have brought other words. */
    function drawWords() {
      const now = A.wordsAt(run, here());
      if (now === said) return;
      if (now[word]?.word !== text()) { word = -1; turn++; hide(); }
      said = now;
      words.replaceChildren(...said.map(({ word: one }, place) => A.make("button", { type: "button", class: "chip word", "data-word": place, "aria-pressed": "false",
        on: { click: () => { word = word === place ? -1 : place; draw(); } } }, one)));
      if (!said.length) words.replaceChildren(A.make("p", { class: "quiet" }, A.say("This run has no words.")));
      mark();
    }

    function mark() {
      for (const button of groups.children) button.setAttribute("aria-checked", String(button.dataset.group === group));
      for (const button of words.children) button.setAttribute("aria-pressed", String(+button.dataset.word === word));
    }

    const percent = (share) => (100 * share).toFixed(1);
    function put(map) {
      glow.src = map.src;
      glow.hidden = false;
      mat.dataset.glow = "yes";
      line.textContent = [
        A.say("“{word}” has {share} % of the attention at step {index}.", { word: text(), share: percent(map.share), index: here() }),
        A.say("Pale yellow: most, {peak} % there; clear: least, {least} %. Every step has its own scale.", { peak: percent(map.peak), least: percent(map.least) }),
        A.say("{marks} % rests on the start, the end and the padding, the rest on the other words.", { marks: percent(map.marks) }),
      ].join(" ");
    }

    function hide(says = "") {
      glow.hidden = true;
      delete mat.dataset.glow;
      delete node.dataset.busy;
      line.textContent = says;
    }

    /* While the slider moves an old map would lie: it goes, and comes back where the slider rests. */
    async function draw() {
      mark();
      if (!run || word < 0) return hide();
      const mine = ++turn, address = url();
      if (known.has(address)) return put(known.get(address));
      node.dataset.busy = "yes";
      line.textContent = A.say("Making one pass and watching where “{word}” goes", { word: text() });
      try {
        const answer = await fetch(address);
        if (!answer.ok) throw await A.refused(answer);
        const amounts = ["share", "peak", "least", "marks"].map((name) => [name, +answer.headers.get(`x-${name}`)]);
        const map = { ...Object.fromEntries(amounts), src: URL.createObjectURL(await answer.blob()) };
        known.set(address, map);
        if (mine === turn) { delete node.dataset.busy; put(map); }
      } catch (error) {
        if (mine === turn) hide(`${error.message} ${error.hint ?? ""}`.trim());
      }
    }

    return {
      node,
      open(now) {
        for (const { src } of known.values()) URL.revokeObjectURL(src);
        known.clear();
        turn++;
        run = now;
        word = -1;
        said = [];
        drawWords();
        mark();
        hide();
      },
      at(at) { if (at !== index && word >= 0) { turn++; hide(); } index = at; if (run) drawWords(); },
      settle() { if (word >= 0 && node.checkVisibility()) draw(); },
      close() { word = -1; turn++; mark(); hide(); },
    };
  };
})();
