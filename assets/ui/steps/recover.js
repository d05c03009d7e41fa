/* There and back: original, diffused, recovered, and how near the picture came. The stage below keeps its line, its tools and its strip;
   its one picture is drawn here. While a run goes, previews show the noise on the way in and the clean estimate on the way back. */
"use strict";
(() => {
  const A = window.Atelier;
  const BEST = 60;
  const BOUNDS = [[30, "Hard to tell apart"], [20, "Alike"], [0, "Another picture"]];

  A.recover = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".recover");
    const room = A.room(element);

    /* ---- how it looks ---- */

    const figure = (name, title) => {
      const image = A.make("img", { alt: A.say(title) });
      const words = A.make("span", { class: "recover-words" });
      const note = A.make("p", { class: "recover-note" });
      const node = A.make("figure", { class: "recover-figure", "data-figure": name },
        A.make("div", { class: "recover-frame" }, image, words), A.make("figcaption", {}, A.make("b", {}, A.say(title)), note));
      return { node, note, words, show(src, text = "") {
        if (src) image.src = src;
        else image.removeAttribute("src");
        words.textContent = src ? "" : text;
      } };
    };
    const original = figure("original", "Original"), noise = figure("diffused", "Diffused"), back = figure("recovered", "Recovered");
    const gap = figure("difference", "Where it differs");
    const arrow = (label) => A.make("span", { class: "recover-arrow", title: A.say(label), "aria-hidden": "true" }, A.icon("right"));
    const figures = A.make("div", { class: "recover-figures" }, original.node, arrow("Into noise"), noise.node, arrow("Back again"), back.node);

    const values = {};
    const row = (name, label) => A.make("div", { class: "recover-row", "data-value": name }, A.make("dt", {}, label), values[name] = A.make("dd", {}));
    const dot = A.make("span", { class: "scale-dot" }), verdict = A.make("b", {});
    const scale = A.make("div", { class: "recover-scale" }, A.make("span", { class: "scale-bar", "aria-hidden": "true" },
      ...[20, 30, 40, 50].map((at) => A.make("span", { class: "scale-mark", style: `left: ${(100 * at) / BEST}%` }, String(at))), dot));
    const numbers = A.make("div", { class: "recover-numbers" },
      A.make("h3", {}, A.say("How near it came"), " ", verdict), scale,
      A.make("dl", {}, row("round_trip", A.say("PSNR against the autoencoder's own round trip")), row("original", A.say("PSNR against the original")),
        row("largest", A.say("Largest difference of a colour")), row("noise", A.say("Mean and spread when diffused")), row("passes", A.say("Passes through the model"))),
      A.make("p", { class: "recover-fine" }, A.say("The autoencoder alone changes a picture a little: its round trip is the best any way back can do."), " ", A.say("Truly random noise has mean 0 and spread 1.")));
    const evidence = A.make("div", { class: "recover-evidence", hidden: true }, gap.node, numbers);
    const formula = A.make("div", { class: "recover-formula" });

    const invitation = A.make("div", { class: "recover-invite" },
      A.make("h2", {}, A.say("A picture into noise, and back")),
      A.make("p", {}, A.say("Bring one of your own, or use an example. Then see what is lost on the way, and what is not.")),
      A.make("div", { class: "recover-examples" }, ...drawn.examples.filter((name) => A.thumbnails.includes(`examples/${name}.jpg`)).map((name) =>
        A.make("button", { type: "button", class: "recover-example", "data-example": name, "aria-label": `${A.say("Use this example")}: ${name}`, on: { click: () => use(name) } },
          A.make("img", { src: `atelier/examples/${name}.jpg`, alt: "" })))));
    root.replaceChildren(invitation, figures, formula, evidence);

    async function use(name) {
      const [source, answer] = await Promise.all([room.when("source"), fetch(`atelier/examples/${name}.jpg`)]);
      source.take(await answer.blob());
    }

    /* ---- what is seen ---- */

    let info = null, run = "", chosen = "";

    function waiting() {
      run = chosen = "";
      original.show(info ? A.inputUrl(info.source) : "");
      noise.show("", A.say("Its noise will stand here."));
      back.show("", A.say("What comes back will stand here."));
      for (const one of [original, noise, back]) one.note.textContent = "";
      evidence.hidden = true;
      room.root.dataset.recovering = "";
    }

    function begin(scene) {
      waiting();
      run = scene.run;
      if (scene.under) original.show(scene.under);
      noise.words.textContent = back.words.textContent = "";
    }

    function preview(cell, intoNoise) {
      room.root.dataset.recovering = intoNoise ? "there" : "back";
      if (cell.preview) (intoNoise ? noise : back).show(cell.preview);
    }

    function show(picture) {
      const found = picture.recovery ?? {}, at = (name) => `atelier/recover/${picture.id}/${name}`;
      room.root.dataset.recovering = "";
      chosen = picture.id;
      root.dataset.state = "full";
      root.style.setProperty("--shape", `${picture.width} / ${picture.height}`);
      original.show(found.pictures ? at("original") : picture.before?.src);
      if (found.pictures) noise.show(at("diffused"));
      back.show(`picture/${picture.id}`);
      original.note.textContent = A.say("As the model takes it, {width} × {height}", { width: picture.width, height: picture.height });
      noise.note.textContent = A.say(found.stopped ? "Its noise, as far as it came" : found.mode === "stochastic" ? "True random noise over it, {far} timesteps far" : "The noise it is made from, {far} timesteps far", { far: found.far });
      back.note.textContent = A.say(found.stopped ? "Stopped on the way: what there was" : found.edited && found.mode === "stochastic" ? "Other words over the same noise" : found.edited ? "Edited: its noise, read with other words" : found.mode === "stochastic" ? "Like it, not it" : "The same noise, read back");
      if (found.round_trip) back.note.append(A.make("b", { class: "recover-near" }, found.round_trip));
      evidence.hidden = !found.pictures;
      if (found.pictures) tell(found, at("difference"));
    }

    function tell(found, difference) {
      const psnr = Number.parseFloat(found.round_trip);
      const near = Number.isFinite(psnr) ? psnr : BEST;
      values.round_trip.textContent = found.round_trip;
      values.original.textContent = found.original;
      values.largest.textContent = A.say("{largest} of 255", { largest: found.largest });
      values.noise.textContent = `${found.mean} · ${found.std}`;
      values.passes.textContent = found.passes;
      verdict.textContent = A.say(BOUNDS.find(([bound]) => near >= bound)[1]);
      dot.style.left = `${Math.min(100, (100 * near) / BEST)}%`;
      gap.show(difference);
      gap.note.textContent = found.largest ? A.say("Pale is the largest difference, {largest} of 255", { largest: found.largest }) : A.say("Nowhere: every pixel is equal");
    }

    /* ---- the equation of the way in ---- */

    const MATH = "http://www.w3.org/1998/Math/MathML";
    const math = (tag, ...children) => {
      const node = document.createElementNS(MATH, tag);
      node.append(...children);
      return node;
    };
    const mi = (text) => math("mi", text), mo = (text) => math("mo", text), sub = (base, low) => math("msub", mi(base), typeof low === "string" ? mi(low) : low);
    const mean = () => math("mover", mi("α"), mo("¯"));
    const one = (text) => math("mn", text);
    const thin = () => {
      const space = math("mspace");
      space.setAttribute("width", "0.17em");
      return space;
    };
    const EQUATIONS = {
      inversion: () => [
        math("math", sub("x", math("mrow", mi("t"), mo("−"), one("1"))), mo("="), mi("cos"), thin(), mi("δ"), thin(), sub("x", "t"), mo("−"), mi("sin"), thin(), mi("δ"), thin(), mi("v"), mo("("), sub("x", "t"), mo(","), mi("t"), mo(")")),
        A.say("The step back, solved for the noisier picture: guessed, tried, and mended until it lands where it came from."),
      ],
      stochastic: () => [
        math("math", sub("x", "t"), mo("="), math("msqrt", mean()), thin(), math("msub", mi("x"), one("0")), mo("+"), math("msqrt", one("1"), mo("−"), mean()), thin(), mi("ε")),
        A.say("The picture fades and chance takes its place: which noise it was, nobody can tell afterwards."),
      ],
    };
    function equation() {
      const mode = room.field("mode")?.querySelector(":checked")?.closest("[data-name]")?.dataset.name;
      if (formula.dataset.mode === (mode ?? "inversion")) return;
      formula.dataset.mode = mode ?? "inversion";
      const [node, sentence] = EQUATIONS[formula.dataset.mode]();
      formula.replaceChildren(node, A.make("p", {}, sentence));
    }

    /* ---- what happens ---- */

    function follow(scene) {
      const cell = scene.cells[0] ?? {};
      if (scene.run.startsWith("picture ")) {
        if (cell.picture.kind === "recover") show(cell.picture);
        else room.when("source").then((source) => source.bring(cell.picture.id));
        return;
      }
      if (scene.run !== run) begin(scene);
      if (cell.picture) {
        if (chosen !== cell.picture.id) show(cell.picture);
      } else if (scene.state === "painting") preview(cell, scene.into_noise);
      else if (scene.state !== "waiting") room.root.dataset.recovering = "";
    }

    room.when("stage").then((stage) => stage.follow(follow));
    room.when("source").then((source) => source.onChange((now) => {
      const other = now?.source !== info?.source;
      info = now;
      if (info) root.dataset.state = "full";
      else if (!chosen) root.dataset.state = "empty";
      if (info?.width) root.style.setProperty("--shape", `${info.width} / ${info.height}`);
      if (other && !room.root.dataset.busy) waiting();
      root.dataset.state = info ? "full" : "empty";
    }));
    root.dataset.state = "empty";
    equation();
    // The mode's sentence changes with it, whoever chose: a click, a memory, the settings of another picture.
    const mode = room.field("mode");
    if (mode) new MutationObserver(equation).observe(mode, { childList: true, subtree: true, characterData: true });
    waiting();
    room.ready("recover", { use, bring: (id) => room.when("source").then((source) => source.bring(id)) });
  };
})();
