/* Chapter 1, what noise is: noise mixed into the learner's picture, pixel by pixel, and its values becoming a bell. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  const SIDE = 256, SEED = 1;

  /* Standard normal numbers, the same for the same seed (mulberry32, Box and Muller). */
  T.gaussian = (count, seed) => {
    let state = seed >>> 0;
    const uniform = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let z = Math.imul(state ^ (state >>> 15), 1 | state);
      z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
      return (((z ^ (z >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  };

  /* A picture's pixels (3, H, W) in [-1, 1], made small. */
  async function pixels(src) {
    const image = new Image();
    image.src = src;
    await image.decode();
    const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const W = Math.round(image.naturalWidth * scale), H = Math.round(image.naturalHeight * scale);
    const pen = A.make("canvas", { width: W, height: H }).getContext("2d");
    pen.drawImage(image, 0, 0, W, H);
    const { data } = pen.getImageData(0, 0, W, H);
    const x0 = new Float32Array(3 * H * W);
    for (let i = 0; i < H * W; i++) for (let c = 0; c < 3; c++) x0[c * H * W + i] = data[4 * i + c] / 127.5 - 1;
    return { x0, eps: T.gaussian(x0.length, SEED), x: new Float32Array(x0.length), shape: [3, H, W] };
  }

  (T.chapters ??= []).push({
    name: "noise",
    title: () => A.say("What noise is"),
    plain: () => A.say("Noise is a random number for every value of the picture. Mix in enough of it, and whatever the picture was, only a bell curve is left."),
    caption: () => A.say("Left: the picture with noise mixed in; drag across it. Right: how often each value occurs, against the bell curve of pure noise."),
    ask: () => A.say("At which timestep can you no longer tell what it is?"),
    papers: ["ho2020", "sohl2015", "nichol2021"],
    draw(lesson) {
      const { alpha_bars: levels } = lesson.saved;
      const M = T.math;
      const canvas = A.make("canvas", { class: "learn-canvas", role: "img", "aria-label": A.say("The picture with noise") });
      const bell = A.bell();
      const facts = T.facts({ level: A.say("share of the picture left"), mean: A.say("mean of the values"), std: A.say("their spread") });
      const equation = A.make("div", { class: "learn-equation" });
      let picture = null, next = 0;
      const slider = T.slider({ label: A.say("Timestep"), max: levels.length - 1, value: 250, say: (t) => String(t), act: () => {
        cancelAnimationFrame(next);
        next = requestAnimationFrame(update);
      } });

      function update() {
        const t = slider.value, level = levels[t];
        equation.replaceChildren(
          M.line(M.sub("x", "t"), "=", M.sqrt(M.level()), M.sub("x", "0"), "+", M.sqrt("1", "−", M.level()), "ε"),
          M.line(M.sub("x", M.live("t", String(t))), "=", M.live("signal", T.number(Math.sqrt(level), 3)), M.sub("x", "0"), "+", M.live("noise", T.number(Math.sqrt(1 - level), 3)), "ε"));
        facts.show({ level: T.percent(level) });
        if (!picture) return;
        const { x0, eps, x, shape } = picture;
        A.noised(x0, eps, level, x);
        A.paintPixels(canvas, x, shape);
        bell.draw(x);
        const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
        const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
        facts.show({ mean: T.number(mean, 3), std: T.number(Math.sqrt(variance), 3) });
      }

      T.dragAcross(canvas, slider);
      pixels(lesson.picture().src).then((read) => {
        picture = read;
        update();
      });
      update();
      return {
        figure: A.make("div", { class: "learn-two" }, A.make("div", { class: "learn-frame" }, canvas), bell.node),
        controls: [slider.node, facts.node],
        equation,
        symbols: [
          [M.inline(M.sub("x", "0")), A.say("the picture, its values from −1 to 1")],
          [M.inline("ε"), A.say("noise: a random number for each value, mean 0, spread 1")],
          [M.inline(M.level()), A.say("share of the picture left at timestep t")],
        ],
      };
    },
  });
})();
