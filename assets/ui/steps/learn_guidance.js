/* Chapter 4, guidance: two answers of the network, and how far to go from the one past the other. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});

  (T.chapters ??= []).push({
    name: "guidance",
    series: "guidance",
    title: () => A.say("Guidance"),
    plain: () => A.say("The network is asked twice: with your words and without them. Guidance follows the difference between the two answers, and goes beyond it."),
    caption: () => A.say("Left: the finished picture at this guidance. Right: the answer without words, the one with them, and the one that is used."),
    ask: () => A.say("Where does the picture say your words best, and where does it begin to shout?"),
    papers: ["ho2022", "lin2024"],
    draw(lesson) {
      const M = T.math;
      const mine = lesson.painted("guidance");
      const scales = mine ? lesson.own.series.guidance.map((one) => one.guidance_scale) : lesson.saved.guidance.scales;
      const frame = T.frame(A.say("The picture at this guidance"));
      const arrow = A.svg("svg", { viewBox: "0 0 320 240", class: "learn-arrow", role: "img", "aria-label": A.say("The two answers and the one that is used") });
      const equation = A.make("div", { class: "learn-equation" });
      const facts = T.facts({ apart: A.say("how far the two guesses lie apart"), gone: A.say("how far guidance goes") });
      const slider = T.slider({ label: A.say("Guidance"), max: scales.length - 1, value: Math.max(0, scales.indexOf(4)), say: (i) => String(scales[i]), act: update });
      let apart = mine ? null : lesson.saved.guidance.apart;

      function update() {
        const i = slider.value, s = scales[i];
        frame.show(mine ? { src: `picture/${mine[i].id}` } : lesson.sheet("guidance", i));
        const without = () => M.sub(M.hat("ε"), "∅"), words = () => M.sub(M.hat("ε"), M.words(A.say("Words"))), used = () => M.hat("ε"), guess = (of) => M.sub(M.hat("x"), M.row("0", ",", of));
        equation.replaceChildren(
          M.line(used(), "=", without(), "+", "s", "(", words(), "−", without(), ")"),
          M.line(used(), "=", without(), "+", M.live("scale", String(s)), "(", words(), "−", without(), ")"),
          ...(apart == null ? [] : [M.line("‖", guess("s"), "−", guess("∅"), "‖", "=", M.live("factor", String(s)), "·", M.live("apart", T.number(apart, 4)), "=", M.live("gone", T.number(s * apart, 3)))]));
        facts.show({ apart: apart == null ? "–" : T.number(apart, 4), gone: apart == null ? "–" : T.number(s * apart, 3) });
        drawArrow(arrow, s, scales.at(-1));
      }
      update();
      // Both runs begin with the same noise, so their first answers differ by guidance alone.
      if (mine) T.told(`learn/${mine[1].id}/apart/${mine[2].id}`).then((told) => {
        apart = told?.apart ?? null;
        update();
      });
      return {
        figure: A.make("div", { class: "learn-two" }, frame.node, arrow),
        controls: [slider.node, facts.node],
        equation,
        symbols: [
          [M.inline(M.sub(M.hat("ε"), "∅")), A.say("the noise seen without words")],
          [M.inline(M.sub(M.hat("ε"), M.words(A.say("Words")))), A.say("the noise seen with your words")],
          [M.inline("s"), A.say("guidance: 0 does not listen, 1 takes the words as they are, more exaggerates")],
          [M.inline("‖", "·", "‖"), A.say("size of a difference, per value; here of the guesses at the first step")],
        ],
      };
    },
  });

  /* From the answer without words through the one with words to the one that is used; lengths as the scale has them. */
  function drawArrow(svg, s, most) {
    const [x0, y0, x1, y1] = [48, 200, 288, 40];
    const x = (at) => x0 + (x1 - x0) * (at / most), y = (at) => y0 + (y1 - y0) * (at / most);
    const dot = (at, name) => A.svg("circle", { class: name, cx: x(at), cy: y(at), r: name === "used" ? 9 : 6 });
    const label = (at, words, below) => A.svg("text", { x: x(at) + (below ? 12 : -4), y: y(at) + (below ? 20 : -14), "text-anchor": below ? "start" : "end" }, words);
    svg.replaceChildren(
      A.svg("line", { class: "axis", x1: x0, y1: y0, x2: x1, y2: y1 }),
      A.svg("line", { class: "gone", x1: x0, y1: y0, x2: x(s), y2: y(s) }),
      dot(0, "without"), dot(1, "with"), dot(s, "used"),
      label(0, A.say("Without words"), true),
      ...(s > 2 ? [label(1, A.say("Words"))] : []),
      label(s, s === 0 ? "" : s === 1 ? A.say("Words") : A.say("Used: s = {scale}", { scale: s })));
  }
})();
