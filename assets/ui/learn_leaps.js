/* Chapter 2, why small steps: from the same noise to a picture in 1, 2, 4, 8 or 20 looks. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});

  (T.chapters ??= []).push({
    name: "leaps",
    series: "leaps",
    title: () => A.say("Why small steps"),
    plain: () => A.say("Seen through pure noise, the best single guess is the average of all pictures that could be meant: a blur. Every small step gives the network a clearer view, and the guess sharpens."),
    caption: () => A.say("Left: the network's guess of the finished picture at this step. Right: how much noise is left when it looks."),
    ask: () => A.say("Go from 20 steps to 1. Where does the picture stop being one?"),
    papers: ["song2021", "luo2023", "ho2020"],
    draw(lesson) {
      const M = T.math;
      const mine = lesson.painted("leaps");
      const told = mine ? own(lesson, mine) : lesson.saved.leaps;
      const counts = Object.keys(told).map(Number);
      const frame = T.frame(A.say("The guess at this step"));
      const curve = A.svg("svg", { viewBox: "0 0 320 240", class: "learn-curve", role: "img", "aria-label": A.say("How much noise is left") });
      const equation = A.make("div", { class: "learn-equation" });
      const facts = T.facts({ look: A.say("looks through the network"), distance: A.say("distance from the picture of {steps} steps", { steps: counts.at(-1) }) });
      const choice = T.segments({ label: A.say("Steps"), options: counts.map((n) => ({ name: n, title: String(n) })), value: 1, act: (n) => {
        slider.range(n);
        slider.set(n);
      } });
      const slider = T.slider({ label: A.say("At step"), min: 1, max: 1, value: 1, say: (k) => A.say("{index} of {total}", { index: k, total: choice.value }), act: update });

      function update() {
        const n = choice.value, k = slider.value, { alpha_bar: levels, distance } = told[n];
        const next = levels[k] ?? 1;
        frame.show(mine ? own.guess(mine, counts, n, k) : n === counts.at(-1) ? lesson.sheet("clean", k - 1) : lesson.sheet(`leap-${n}`, k - 1));
        const guess = M.hat("x");
        equation.replaceChildren(
          M.line("x", "←", M.sqrt(M.level("t′")), M.sub(guess.cloneNode(true), "0"), "+", M.sqrt("1", "−", M.level("t′")), M.hat("ε")),
          M.line("x", "←", M.live("signal", T.number(Math.sqrt(next), 3)), M.sub(guess, "0"), "+", M.live("noise", T.number(Math.sqrt(1 - next), 3)), M.hat("ε")));
        facts.show({ look: String(n), distance: distance == null ? "–" : T.number(distance, 2) });
        drawCurve(curve, lesson.saved.alpha_bars, told[n].t, k - 1);
      }
      update();
      return {
        figure: A.make("div", { class: "learn-two" }, frame.node, curve),
        controls: [choice.node, slider.node, facts.node],
        equation,
        symbols: [
          [M.inline(M.sub(M.hat("x"), "0")), A.say("the guess of the finished picture")],
          [M.inline(M.hat("ε")), A.say("the noise the network sees")],
          [M.inline("t′"), A.say("the next timestep; after the last step no noise is left")],
        ],
      };
    },
  });

  /* The numbers of the learner's own pictures; the levels follow from the steps, as in the saved lesson. */
  function own(lesson, pictures) {
    return Object.fromEntries(lesson.own.series.leaps.map(({ steps }, i) => [steps, { ...(lesson.saved.leaps[steps] ?? {}), distance: null, id: pictures[i].id }]));
  }
  own.guess = (pictures, counts, n, k) => (k === n ? { src: `picture/${pictures[counts.indexOf(n)].id}` } : T.seen(pictures[counts.indexOf(n)].id, "clean", k - 1));

  function drawCurve(svg, levels, stops, at) {
    const x = (t) => 32 + (t / (levels.length - 1)) * 272, y = (noise) => 208 - noise * 184;
    const noise = (t) => Math.sqrt(1 - levels[Math.round(t)]);
    const path = Array.from({ length: 101 }, (_, i) => (i / 100) * (levels.length - 1)).map((t) => `${x(t)},${y(noise(t))}`);
    svg.replaceChildren(
      A.svg("line", { class: "axis", x1: 32, x2: 304, y1: 208, y2: 208 }),
      A.svg("polyline", { class: "path", points: path.join(" ") }),
      ...stops.flatMap((t, i) => {
        const to = stops[i + 1] ?? 0, after = stops[i + 1] == null ? 0 : noise(to);
        return [
          A.svg("line", { class: i === at ? "leap here" : "leap", x1: x(t), y1: y(noise(t)), x2: x(to), y2: y(after) }),
          A.svg("circle", { class: i === at ? "stop here" : "stop", cx: x(t), cy: y(noise(t)), r: i === at ? 7 : 4 }),
        ];
      }),
      text(32, 230, "t = 0"), text(304, 230, `t = ${levels.length - 1}`, "end"), text(32, 16, A.say("noise left")));
  }
  function text(x, y, words, anchor = "start") {
    return A.svg("text", { x, y, "text-anchor": anchor }, words);
  }
})();
