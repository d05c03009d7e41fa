/* Chapter 3, what the network predicts: noisy picture, noise seen in it, and what is left; down to a single number. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});

  (T.chapters ??= []).push({
    name: "prediction",
    title: () => A.say("What the network predicts"),
    plain: () => A.say("The network never paints. It looks at a noisy picture and says what in it is noise. Take that away, and a guess of the finished picture is left."),
    caption: () => A.say("From left: what the network is given, the noise it sees in it, and the guess that is left. Click anywhere to follow one number."),
    ask: () => A.say("At which step does the guess stop changing?"),
    papers: ["ho2020", "salimans2022", "rombach2022"],
    draw(lesson) {
      const M = T.math;
      const { passes } = lesson.run;
      const kind = lesson.run.prediction_type;
      const views = [["noisy", A.say("given"), M.inline(M.sub("x", "t"))], ["noise", A.say("noise seen"), M.inline(M.hat("ε"))], ["clean", A.say("guess"), M.inline(M.sub(M.hat("x"), "0"))]];
      const frames = views.map(([, words]) => T.frame(words));
      const marks = frames.map(({ node }) => node.appendChild(A.make("i", { class: "learn-mark" })));
      const plates = views.map(([, words, symbol], i) => T.plate(frames[i].node, A.make("span", {}, symbol, " ", words)));
      const equation = A.make("div", { class: "learn-equation" });
      const facts = T.facts({ t: A.say("timestep"), level: A.say("share of the picture left"), place: A.say("the number followed") });
      const form = T.segments({ label: A.say("Written for"), options: [{ name: "epsilon", title: "ε" }, { name: "v_prediction", title: "v" }], value: kind === "v_prediction" ? "v_prediction" : "epsilon", act: () => update() });
      const slider = T.slider({ label: A.say("Step"), min: 1, max: passes.length, value: Math.ceil(passes.length * 0.3), say: (k) => A.say("{index} of {total}", { index: k, total: passes.length }), act: () => update() });
      let place = [0.5, 0.5], turn = 0;

      async function update() {
        const k = slider.value - 1, mine = ++turn;
        views.forEach(([view], i) => frames[i].show(lesson.seen(view, k)));
        const told = await lesson.cells(k);
        if (mine === turn && told) follow(told);
      }

      function follow({ t, alpha_bar: level, x, prediction, rows, columns, channel, channels }) {
        const column = Math.min(columns - 1, Math.floor(place[0] * columns)), row = Math.min(rows - 1, Math.floor(place[1] * rows));
        const [given, answer] = [x[row * columns + column], prediction[row * columns + column]];
        const a = Math.sqrt(level), b = Math.sqrt(1 - level);
        const v = kind === "v_prediction" ? answer : a * answer - (b / a) * (given - b * answer);
        const eps = kind === "v_prediction" ? b * given + a * answer : answer;
        const guess = a * given - b * v;
        for (const mark of marks) mark.style.cssText = `left: ${(100 * column) / columns}%; top: ${(100 * row) / rows}%; width: ${100 / columns}%; height: ${100 / rows}%`;
        const [live, hat] = [M.live, M.sub(M.hat("x"), "0")];
        const shares = [T.number(a, 3), T.number(b, 3)];
        equation.replaceChildren(...(form.value === "v_prediction" ? [
          M.line(hat, "=", M.sqrt(M.level()), M.sub("x", "t"), "−", M.sqrt("1", "−", M.level()), M.hat("v")),
          M.line(live("guess", T.number(guess, 3)), "=", live("signal", shares[0]), "·", signed(live("x", T.number(given, 3))), "−", live("noise", shares[1]), "·", signed(live("v", T.number(v, 3)))),
        ] : [
          M.line(hat, "=", M.frac(M.row(M.sub("x", "t"), "−", M.sqrt("1", "−", M.level()), M.hat("ε")), M.sqrt(M.level()))),
          M.line(live("guess", T.number(guess, 3)), "=", M.frac(M.row(live("x", T.number(given, 3)), "−", live("noise", shares[1]), "·", signed(live("eps", T.number(eps, 3)))), live("signal", a < 0.001 ? a.toExponential(1).replace("-", "−") : shares[0]))),
        ]));
        facts.show({ t: T.number(t, 0), level: T.percent(level), place: A.say("row {row}, column {column}, channel {channel} of {channels}", { row: row + 1, column: column + 1, channel: channel + 1, channels }) });
      }

      for (const { node } of frames) node.addEventListener("click", (event) => {
        const { left, top, width, height } = node.getBoundingClientRect();
        place = [(event.clientX - left) / width, (event.clientY - top) / height];
        update();
      });
      update();
      return {
        figure: A.make("div", { class: "learn-three" }, plates[0], A.make("b", {}, "−"), plates[1], A.make("b", {}, "="), plates[2]),
        controls: [slider.node, form.node, facts.node],
        note: lesson.own && !lesson.recorded ? A.say("The lesson's run is shown: the steps of yours were not kept.") : "",
        equation,
        symbols: [
          [M.inline(M.sub("x", "t")), A.say("the noisy picture, as numbers of the latent space")],
          [M.inline(M.hat("ε")), A.say("the noise the network sees")],
          [M.inline(M.hat("v")), [A.say("what the built-in model answers: the same knowledge, and no division by almost nothing"), M.inline("=", M.sqrt(M.level()), M.hat("ε"), "−", M.sqrt("1", "−", M.level()), M.sub(M.hat("x"), "0"))]],
        ],
      };
    },
  });

  /* A negative factor stands in brackets. */
  function signed(number) {
    return number.textContent.startsWith("−") ? T.math.row("(", number, ")") : number;
  }
})();
