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
      const told = mine ? {} : lesson.saved.leaps;
      const counts = mine ? lesson.own.series.leaps.map((one) => one.steps) : Object.keys(told).map(Number);
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
        const n = choice.value, k = slider.value;
        frame.show(mine ? guess(mine[counts.indexOf(n)], n, k) : n === counts.at(-1) ? lesson.sheet("clean", k - 1) : lesson.sheet(`leap-${n}`, k - 1));
        if (!told[n]) return;
        const { t, alpha_bar: levels, distance } = told[n];
        const next = levels[k] ?? 1;
        const seen = M.hat("x");
        equation.replaceChildren(
          M.line("x", "←", M.sqrt(M.level("t′")), M.sub(seen.cloneNode(true), "0"), "+", M.sqrt("1", "−", M.level("t′")), M.hat("ε")),
          M.line("x", "←", M.live("signal", T.number(Math.sqrt(next), 3)), M.sub(seen, "0"), "+", M.live("noise", T.number(Math.sqrt(1 - next), 3)), M.hat("ε")));
        facts.show({ look: String(n), distance: distance == null ? "–" : T.number(distance, 2) });
        drawCurve(curve, lesson.saved.alpha_bars, { t, levels }, k - 1);
      }
      update();
      mine?.forEach(async ({ id }, i) => {
        const [about, difference] = await Promise.all([T.told(`learn/${id}`), T.told(`learn/${id}/apart/${mine.at(-1).id}`)]);
        if (!about?.passes) return;
        told[counts[i]] = { t: about.passes.map((pass) => pass.t), alpha_bar: about.passes.map((pass) => pass.alpha_bar), distance: difference?.distance };
        if (counts[i] === choice.value) update();
      });
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

  /* A step of a run of the learner's own; after the last one the picture itself. */
  const guess = ({ id }, steps, k) => (k === steps ? { src: `picture/${id}` } : T.seen(id, "clean", k - 1));

  /* stops: timesteps and levels at which the network looks. */
  function drawCurve(svg, schedule, { t: stops, levels }, at) {
    const last = schedule.length - 1;
    const x = (t) => 32 + (t / last) * 272, y = (level) => 208 - Math.sqrt(1 - level) * 184;
    const path = Array.from({ length: 101 }, (_, i) => Math.round((i / 100) * last)).map((t) => `${x(t)},${y(schedule[t])}`);
    svg.replaceChildren(
      A.svg("line", { class: "axis", x1: 32, x2: 304, y1: 208, y2: 208 }),
      A.svg("polyline", { class: "path", points: path.join(" ") }),
      ...stops.map((t, i) => A.svg("line", { class: i === at ? "leap here" : "leap", x1: x(t), y1: y(levels[i]), x2: x(stops[i + 1] ?? 0), y2: y(levels[i + 1] ?? 1) })),
      ...stops.map((t, i) => A.svg("circle", { class: i === at ? "stop here" : "stop", cx: x(t), cy: y(levels[i]), r: i === at ? 7 : 4 })),
      text(32, 230, "t = 0"), text(304, 230, `t = ${last}`, "end"), text(32, 16, A.say("noise left")));
  }
  function text(x, y, words, anchor = "start") {
    return A.svg("text", { x, y, "text-anchor": anchor }, words);
  }
})();
