/* The figure: what a run holds at one step, put together as its equation: the noisy picture is so much of the clean estimate and so much
   of the noise; beside it what has changed since the step before. */
"use strict";
(() => {
  const A = window.Atelier;
  const ALPHA = "<mover><mi>α</mi><mo>¯</mo></mover>";
  const SYMBOLS = {
    noisy: "<msub><mi>x</mi><mi>t</mi></msub>",
    clean: "<msub><mover><mi>x</mi><mo>^</mo></mover><mn>0</mn></msub>",
    noise: "<mover><mi>ε</mi><mo>^</mo></mover>",
    change: "<mo>Δ</mo><msub><mover><mi>x</mi><mo>^</mo></mover><mn>0</mn></msub>",
  };
  // Only our own symbols and numbers go in here.
  const math = (inside, block = false) => {
    const place = A.make("span", { class: "math" });
    place.innerHTML = `<math${block ? ' display="block"' : ""}><mrow>${inside}</mrow></math>`;
    return place;
  };
  A.symbol = { ...SYMBOLS, math, alpha: ALPHA };

  A.figureOf = () => {
    // One word, one meaning: the change a person may make is another thing.
    const told = {
      noisy: [A.say("Noisy picture"), A.say("what the computer holds")],
      clean: [A.say("Clean estimate"), A.say("what it believes the picture will be")],
      noise: [A.say("Noise"), A.say("what it predicts to be in the way")],
      change: [A.say("What changed"), A.say("where the estimate moved since the last step")],
    };
    const caption = (view) => A.make("span", { class: "plate-caption" }, math(SYMBOLS[view]), A.make("b", {}, told[view][0]), A.make("span", {}, told[view][1]));
    const plates = ["noisy", "clean", "noise", "change"].map((view) => A.plate(view, caption(view)));
    const [noisy, clean, noise, change] = plates;
    const share = () => A.make("b", { class: "sign-number" });
    const signal = share(), cover = share();
    const sign = (mark, number) => A.make("div", { class: "sign", "aria-hidden": "true" }, A.make("span", {}, mark), number, A.make("span", {}, "×"));
    const switcher = A.make("div", { class: "views views-narrow", role: "radiogroup", "aria-label": A.say("View") }, ...plates.map(({ view }) =>
      A.make("button", { type: "button", class: "view", role: "radio", "data-view": view, on: { click: () => choose(view) } }, told[view][0])));
    const row = A.make("div", { class: "plates" }, noisy.node, sign("=", signal), clean.node, sign("+", cover), noise.node, change.node);
    const equation = A.make("div", { class: "equation" });
    const node = A.make("div", { class: "figure" }, switcher, row, equation);
    let run = null;

    function choose(view) {
      row.dataset.view = view;
      for (const button of switcher.children) button.setAttribute("aria-checked", String(button.dataset.view === view));
    }
    choose("clean");

    const visible = () => plates.filter(({ node: plate }) => plate.checkVisibility());

    const partly = () => ["inpaint", "outpaint"].includes(run.recipe.kind);

    function write(step) {
      node.toggleAttribute("data-end", !step);
      if (!step) return equation.replaceChildren(A.make("span", { class: "ending" }, A.say("This is the picture as it was kept: the file itself, byte for byte.")));
      const level = step.alpha_bar;
      const [a, b] = [Math.sqrt(level), Math.sqrt(1 - level)];
      signal.textContent = a.toFixed(3);
      cover.textContent = b.toFixed(3);
      const root = (inside) => `<msqrt><mrow>${inside}</mrow></msqrt>`;
      const number = (value, digits) => `<mn>${value.toFixed(digits)}</mn>`;
      equation.replaceChildren(math(`${SYMBOLS.noisy}<mo>=</mo>${root(ALPHA)}<mspace width=".15em"/>${SYMBOLS.clean}<mo>+</mo>${root(`<mn>1</mn><mo>−</mo>${ALPHA}`)}<mspace width=".15em"/>${SYMBOLS.noise}`),
        math(`<mo>=</mo>${root(number(level, 4))}<mspace width=".15em"/>${SYMBOLS.clean}<mo>+</mo>${root(number(1 - level, 4))}<mspace width=".15em"/>${SYMBOLS.noise}`),
        math(`<mo>=</mo>${number(a, 4)}<mspace width=".15em"/>${SYMBOLS.clean}<mo>+</mo>${number(b, 4)}<mspace width=".15em"/>${SYMBOLS.noise}`),
        partly() ? A.make("span", { class: "ending" }, A.say("What the model itself holds. In the finished picture, what lies outside the mask is the original.")) : "");
    }

    function at(index) {
      write(run.steps[index]);
      for (const plate of plates) {
        if (index === 0 && plate.view === "change") plate.say(A.say("This is the first estimate."));
        else if (index >= run.steps.length && plate.view === "noise") plate.say(run.state === "stopped" ? A.say("What noise was left is taken away.") : A.say("No noise is left."));
        else plate.show(A.frameUrl(run, plate.view, index, true), A.frameUrl(run, plate.view, index));
      }
    }

    return {
      node, plates, clean, choose,
      get view() { return row.dataset.view; },
      open(now, fresh) {
        run = now;
        if (fresh) for (const plate of plates) plate.clear();
        node.style.setProperty("--shape", `${run.width} / ${run.height}`);
      },
      at,
      /* Full frames where the slider rests, then those next to it. */
      async settle(index) {
        const mine = run;
        await Promise.all(visible().map((plate) => plate.settle()));
        for (const near of [index + 1, index - 1]) {
          if (run !== mine || near < 0 || near >= run.steps.length) continue;
          for (const plate of visible()) if (plate.view !== "change") await plate.ahead(A.frameUrl(run, plate.view, near));
        }
      },
      /* Quick frames of every step, so that the first drag is as smooth as the second. */
      async warm() {
        const mine = run;
        for (let index = 0; index <= mine.steps.length; index++) {
          if (run !== mine) return;
          await Promise.all(visible().map((plate) => {
            const url = A.frameUrl(mine, plate.view, index, true);
            return url && plate.ahead(url);
          }));
        }
      },
    };
  };
})();
