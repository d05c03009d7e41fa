/* Chapter 5, seeds: the same words from other noise, the same noise under other words. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});

  (T.chapters ??= []).push({
    name: "seeds",
    series: "seeds",
    title: () => A.say("Seeds"),
    plain: () => A.say("A seed is the number from which the first noise is drawn. The same seed gives the same noise, and the noise decides where things will stand."),
    caption: () => A.say("A row: the same words from other noise. A column: the same noise under other words."),
    ask: () => A.say("What stays in a column, and what stays in a row?"),
    papers: ["ho2020", "sdedit2022"],
    draw(lesson) {
      const M = T.math;
      const mine = lesson.painted("seeds");
      const wish = lesson.own?.series.seeds;
      const seeds = mine ? [...new Set(wish.map((one) => one.seed))] : lesson.saved.seeds.seeds;
      const rows = mine ? [...new Set(wish.map((one) => one.style))].map((style) => T.words(lesson.recipe.prompt, style)) : lesson.saved.seeds.prompts.map((words) => T.words(...words));
      const picture = (row, column) => (mine ? { src: `picture/${mine[row * seeds.length + column].id}` } : lesson.sheet("seeds", row * seeds.length + column));
      const large = T.frame(A.say("The picture of this seed and these words"));
      const words = A.make("p", { class: "learn-under" });
      const equation = A.make("div", { class: "learn-equation" });
      const noise = mine ? [] : lesson.saved.seeds.noise;
      const noises = (column) => (mine ? T.seen(mine[column].id, "noisy", 0) : lesson.sheet("noises", column));
      const facts = T.facts({ mean: A.say("mean of the noise"), std: A.say("its spread"), count: A.say("numbers drawn") });
      const cells = [];
      let chosen = 0;
      const grid = A.make("div", { class: "learn-grid", style: `--columns: ${seeds.length}`, role: "group", "aria-label": A.say("Seeds and words") });
      seeds.forEach((seed, column) => grid.append(A.make("div", { class: "learn-seed" }, framed(noises(column), A.say("Noise of seed {seed}", { seed })), A.make("span", {}, A.say("Seed {seed}", { seed })))));
      rows.forEach((row, r) => seeds.forEach((seed, c) => {
        const frame = T.frame("");
        frame.show(picture(r, c));
        const cell = A.make("button", { type: "button", class: "learn-cell", "aria-label": `${row}, ${A.say("Seed {seed}", { seed })}`, on: { click: () => choose(r, c) } }, frame.node);
        cells.push(cell);
        grid.append(cell);
      }));
      grid.addEventListener("keydown", (event) => {
        const at = cells.indexOf(document.activeElement);
        const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: seeds.length, ArrowUp: -seeds.length }[event.key];
        if (at < 0 || !step || !cells[at + step]) return;
        cells[at + step].focus();
        choose(Math.floor((at + step) / seeds.length), (at + step) % seeds.length);
        event.preventDefault();
        event.stopPropagation();
      });

      function choose(r, c) {
        cells.forEach((cell, i) => cell.setAttribute("aria-pressed", String(i === r * seeds.length + c)));
        large.show(picture(r, c), `${rows[r]}, ${A.say("Seed {seed}", { seed: seeds[c] })}`);
        words.textContent = rows[r];
        chosen = c;
        numbers();
      }

      function numbers() {
        const told = noise[chosen];
        equation.replaceChildren(
          M.line(M.sub("x", "T"), "=", "ε", ",", "ε", "∼", "N", "(", "0", ",", "I", ")"),
          M.line("ε", "(", M.live("seed", String(seeds[chosen])), ")", "=", "(", ...(told?.first ?? []).flatMap((value, i) => [M.live(`first-${i}`, T.number(value, 2)), ","]), "…", ")"));
        facts.show(told ? { mean: T.number(told.mean, 3), std: T.number(told.std, 3), count: T.number(told.count, 0) } : { mean: "–", std: "–", count: "–" });
      }
      choose(0, 0);
      if (mine) seeds.forEach(async (_, column) => {
        noise[column] = (await T.told(`learn/${mine[column].id}`))?.noise;
        if (column === chosen) numbers();
      });
      return {
        figure: A.make("div", { class: "learn-seeds" }, A.make("div", {}, large.node, words), grid),
        controls: [facts.node],
        equation,
        symbols: [
          [M.inline(M.sub("x", "T")), A.say("where painting begins: pure noise")],
          [M.inline("N", "(", "0", ",", "I", ")"), A.say("independent random numbers, mean 0, spread 1")],
        ],
      };
    },
  });

  function framed(what, label) {
    const frame = T.frame(label);
    frame.show(what);
    return frame.node;
  }
})();
