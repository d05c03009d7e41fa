/* Chapter 6, samplers: four ways to walk from one noise level to the next, at the same number of steps. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  const TITLES = { euler: "Euler", heun: "Heun", dpmpp_2m: "DPM++ 2M", euler_a: "Euler a" };

  /* What each does between sigma and the next one, and one sentence on it. */
  const UPDATES = {
    euler: {
      words: () => A.say("Euler goes straight on in the direction it sees."),
      lines: (M, s, next) => [
        M.line("x", "←", "x", "+", "(", M.sub("σ", M.row("i", "+", "1")), "−", M.sub("σ", "i"), ")", "d"),
        M.line("x", "←", "x", "+", "(", M.live("next", next), "−", M.live("sigma", s), ")", "d"),
      ],
    },
    heun: {
      words: () => A.say("Heun looks again where Euler would land, and takes the mean of both directions: two looks a step."),
      lines: (M, s, next) => [
        M.line("x", "←", "x", "+", "(", M.sub("σ", M.row("i", "+", "1")), "−", M.sub("σ", "i"), ")", M.frac(M.row("d", "+", "d′"), "2")),
        M.line("x", "←", "x", "+", "(", M.live("next", next), "−", M.live("sigma", s), ")", M.frac(M.row("d", "+", "d′"), "2")),
      ],
    },
    dpmpp_2m: {
      words: () => A.say("DPM++ 2M remembers the guess before and bends the step with it: two looks' worth for one."),
      lines: (M, s, next, [a, b]) => [
        M.line("x", "←", M.frac(M.sub("σ", M.row("i", "+", "1")), M.sub("σ", "i")), "x", "+", "(", "1", "−", M.frac(M.sub("σ", M.row("i", "+", "1")), M.sub("σ", "i")), ")", "D"),
        M.line("x", "←", M.live("ratio", T.number(b / a, 3)), "x", "+", M.live("rest", T.number(1 - b / a, 3)), "D"),
      ],
    },
    euler_a: {
      words: () => A.say("Euler a goes further down than asked and throws fresh noise in: lively, and it never settles."),
      lines: (M, s, next, [a, b]) => {
        const { down, up } = T.ancestral(a, b);
        return [
          M.line("x", "←", "x", "+", "(", M.sub("σ", "↓"), "−", M.sub("σ", "i"), ")", "d", "+", M.sub("σ", "↑"), "z"),
          M.line("x", "←", "x", "+", "(", M.live("down", T.number(down, 3)), "−", M.live("sigma", s), ")", "d", "+", M.live("up", T.number(up, 3)), "z"),
        ];
      },
    },
  };

  /* How an ancestral step from sigma a to b is split into a longer way down and fresh noise. */
  T.ancestral = (a, b) => {
    const up = Math.sqrt((b * b * (a * a - b * b)) / (a * a));
    return { up, down: Math.sqrt(Math.max(b * b - up * up, 0)) };
  };

  (T.chapters ??= []).push({
    name: "samplers",
    series: "samplers",
    title: () => A.say("Samplers"),
    plain: () => A.say("All samplers start from the same noise and ask the same network. They differ in how they walk from one noise level to the next."),
    caption: () => A.say("The same words, the same noise, the same number of steps. Choose one to see its step."),
    ask: () => A.say("Which is good in few steps? Which gives another picture however many there are?"),
    papers: ["karras2022", "lupp2022", "lu2022", "zhao2023", "sde2021"],
    draw(lesson) {
      const M = T.math;
      const saved = lesson.saved.samplers;
      const mine = lesson.painted("samplers");
      const names = mine ? lesson.own.series.samplers.map((one) => one.sampler) : saved.names;
      const counts = mine ? [lesson.own.series.samplers[0].steps] : saved.steps;
      const equation = A.make("div", { class: "learn-equation" });
      const words = A.make("p", { class: "learn-under" });
      const frames = names.map((name) => T.frame(TITLES[name]));
      const notes = names.map(() => A.make("small", {}));
      const plates = names.map((name, i) => A.make("button", { type: "button", class: "learn-plate learn-cell", "data-name": name, on: { click: () => choose(name) } }, frames[i].node, A.make("b", {}, TITLES[name]), notes[i]));
      const sigmas = {};
      let chosen = names[0];
      const choice = T.segments({ label: A.say("Steps"), options: counts.map((n) => ({ name: n, title: String(n) })), value: counts[Math.min(2, counts.length - 1)], act: () => steps() });
      const slider = T.slider({ label: A.say("At step"), min: 1, max: choice.value, value: Math.ceil(choice.value / 2), say: (k) => A.say("{index} of {total}", { index: k, total: choice.value }), act: update });

      function steps() {
        slider.range(choice.value);
        slider.set(Math.ceil(choice.value / 2));
      }
      function choose(name) {
        chosen = name;
        update();
      }
      function update() {
        const at = counts.indexOf(choice.value), k = slider.value - 1;
        names.forEach((name, i) => {
          frames[i].show(mine ? { src: `picture/${mine[i].id}` } : lesson.sheet(`sampler-${name}`, at), TITLES[name]);
          notes[i].textContent = mine ? "" : A.say("{looks} looks, distance {distance}", { looks: saved.passes[name][at], distance: T.number(saved.distance[name][at], 2) });
          plates[i].setAttribute("aria-pressed", String(name === chosen));
        });
        words.textContent = UPDATES[chosen].words();
        equation.dataset.sampler = chosen;
        const levels = mine ? sigmas[chosen] : saved.sigma[chosen][at];
        if (!levels) return;
        const [a, b] = [levels[k], levels[k + 1]];
        equation.replaceChildren(...UPDATES[chosen].lines(M, T.number(a, 3), T.number(b, 3), [a, b]));
      }
      update();
      mine?.forEach(async ({ id }, i) => {
        const about = await T.told(`learn/${id}`);
        if (!about?.passes) return;
        // A sampler that looks twice has every level but the first twice.
        sigmas[names[i]] = [...new Set(about.passes.map(({ alpha_bar: level }) => Math.sqrt((1 - level) / level))), 0];
        if (names[i] === chosen) update();
      });
      return {
        figure: A.make("div", { class: "learn-four" }, ...plates),
        controls: counts.length > 1 ? [choice.node, slider.node, words] : [slider.node, words],
        equation,
        symbols: [
          [M.inline("σ"), A.say("noise level: the spread of the noise where the picture keeps its size")],
          [M.inline("d", "=", "(", "x", "−", M.sub(M.hat("x"), "0"), ")", "/", "σ"), A.say("the direction in which the picture becomes noisier; d′ the one at the far end"), "d"],
          [M.inline("D"), A.say("the guess, carried on from the one before"), "D"],
          [M.inline("z"), A.say("fresh noise"), "z"],
          ...(mine ? [] : [[A.say("distance"), A.say("to the end of the exact path, {steps} Euler steps", { steps: saved.fine })]]),
        ],
      };
    },
  });
})();
