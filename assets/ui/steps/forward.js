/* Forward: a picture of the person's own, covered with noise step by step, with every number of it. The studio sends picture, noise and
   levels once; every x_t is computed here, by the formula. Only the decoder's own view of a noisy latent is asked for, when the slider rests. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEY = "atelier.forward";
  const REST = 250, AGAIN = 1500;
  const SCHEDULES = [["linear", "Linear"], ["scaled_linear", "Scaled linear"], ["cosine", "Cosine"], ["model", "The model's own"]];

  A.sentence = ({ message = "", hint = "" }) => `${message} ${hint}`.trim();

  A.forward = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".forward");
    const room = A.room(element);
    const wish = { source: "", schedule: "model", T: 1000, seed: 0, frames: 8, ...A.read(KEY) };
    let t = wish.t ?? 250, levels = null, pixels = null, latent = null;
    const stale = { levels: true, pixels: true };
    let turn = 0, draws = 0, queued = false, resting = 0, asking = null, waiting = 0, playing = 0;

    /* ---- how it looks ---- */

    const figure = (name, title, help, ...children) => {
      const state = A.make("span", { class: "figure-state" });
      const node = A.make("figure", { class: `forward-figure ${name}` }, A.make("div", { class: "figure-frame" }, ...children, state),
        A.make("figcaption", {}, A.make("b", {}, title), A.make("p", {}, help)));
      return { node, state, frame: node.firstChild, title: node.querySelector("b") };
    };
    const canvas = (label) => A.make("canvas", { role: "img", "aria-label": label });
    const seen = canvas(A.say("The noised picture, pixel by pixel")), mark = A.make("span", { class: "pixel-mark", "aria-hidden": "true" });
    const hidden = canvas(A.say("The noised latent, decoded")), sharp = A.make("img", { class: "decoded", alt: "" });
    const tiles = canvas(A.say("The channels of the noised latent"));
    const why = [1, 2].map(() => A.make("p", { class: "figure-wait", role: "status" }));
    const first = figure("in-pixels", A.say("In pixels"), A.say("Noise is added to every colour of every pixel."), seen, mark);
    const second = figure("in-latent", A.say("In the model's space"), A.say("The model sees a picture as a few numbers per cell. Here they get the noise, and its decoder draws them."), hidden, sharp, why[0]);
    const third = figure("channels", A.say("Those numbers"), A.say("Each tile is one channel of the latent: dark is low, light is high."), tiles, why[1]);

    const slider = A.make("input", { type: "range", min: 0, max: 999, step: 1, value: t, id: "forward-slider", "aria-label": A.say("Timestep"), on: { input: () => go(Number(slider.value)) } });
    const play = A.make("button", { type: "button", class: "round forward-play", "aria-label": A.say("Play"), on: { click: () => playing ? stop() : start() } });
    const readings = A.readings();
    const bar = A.make("div", { class: "forward-bar" }, play, slider, readings.node);

    const told = A.make("p", { class: "forward-told", role: "alert" });
    const schedules = SCHEDULES.map(([name, label]) => A.make("label", { class: "option" },
      A.make("input", { type: "radio", name: "forward-schedule", value: name, class: "unseen", checked: wish.schedule === name, on: { change: () => choose({ schedule: name }) } }),
      A.make("span", { class: "option-title" }, A.say(label))));
    const numberBox = (name, label, low, high) => A.numberBox(`forward-${name}`, label, low, high, wish[name], (value, notice) => {
      told.textContent = notice;
      choose({ [name]: value });
    });
    const steps = numberBox("T", A.say("Timesteps"), 10, 4000), seed = numberBox("seed", A.say("Seed of the noise"), 0, Number.MAX_SAFE_INTEGER);
    const fixed = A.make("span", { class: "forward-fixed", id: "forward-fixed", hidden: true }, A.say("Fixed: the model was trained with this many."));
    const again = A.make("button", { type: "button", class: "quiet-button", on: { click: () => { seed.input.value = Math.floor(Math.random() * 2 ** 32); seed.input.dispatchEvent(new Event("change")); } } }, A.say("Other noise"));
    const curve = A.levelCurve((to) => go(to)), bell = A.bell(), formula = A.formula();
    let pick = null, pointed = "", space = "pixels";
    const spaces = A.spaceChoice((name) => {
      space = name;
      draw();
    });
    const card = (title, help, ...children) => A.make("section", { class: "forward-card" }, A.make("h3", {}, title), A.make("p", {}, help), ...children);

    const way = A.way(drawn, wish, { choose: (frames) => choose({ frames }), go: (to) => go(to), address: (more) => address("film", more) });

    const album = A.album(room, root, drawn.examples, (source) => choose({ source }));
    root.replaceChildren(
      A.make("div", { class: "forward-head" }, A.make("h2", {}, A.say("How a picture disappears")),
        A.make("p", {}, A.say("Drag the slider. Step by step the same noise covers your picture, until only noise is left. A model that paints has learned to walk this way back."))),
      album.node, told,
      A.make("div", { class: "forward-figures" }, first.node, second.node, third.node), bar,
      A.make("div", { class: "forward-cards" },
        card(A.say("The formula of the moment"), A.say("Some of the picture, plus some of the noise. Point at a pixel to see its own numbers."), formula.node,
          A.make("div", { class: "forward-settings" }, seed.node, again)),
        card(A.say("How fast the noise comes in"), A.say("A schedule says how much signal is left at each timestep. Drag the point."), curve.node,
          A.make("div", { class: "pick", "data-look": "segments" }, A.make("fieldset", {}, A.make("legend", { class: "unseen" }, A.say("Schedule")), A.make("div", { class: "options" }, ...schedules))),
          A.make("div", { class: "forward-settings" }, steps.node, fixed)),
        card(A.say("What the values become"), A.say("Bars: how often each value occurs now. Line: pure noise, the normal curve. At the end they agree, whatever the picture was."), bell.node,
          A.make("div", { class: "forward-settings" }, spaces))),
      way.node);
    drawPlay();

    /* Columns and rows of the tiles: the shape of the picture, or low enough to stand above the slider of a phone. */
    const phone = matchMedia("(max-width: 600px)");
    function grid() {
      const [C, h, w] = latent.x0.shape, rows = phone.matches ? Math.max(1, Math.round(Math.sqrt(C / 4))) : Math.ceil(Math.sqrt(C));
      const columns = phone.matches ? Math.ceil(C / rows) : rows;
      third.frame.style.setProperty("--tiles", `${columns * w} / ${rows * h}`);
      return [columns, rows];
    }
    phone.addEventListener("change", () => draw());

    /* ---- what is asked for once ---- */

    const address = (name, more = {}) => `atelier/forward/${name}?${new URLSearchParams({ source: wish.source, schedule: wish.schedule, T: wish.T, seed: wish.seed, ...more })}`;
    const remember = () => A.write(KEY, { ...wish, t });

    async function fetched(name) {
      const answer = await fetch(address(name)).catch(() => { throw { message: A.say("The studio does not answer. Trying again."), later: true }; });
      if (answer.status === 200) return answer;
      const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : { message: await answer.text() };
      throw { ...said, later: answer.status === 202, gone: answer.status === 404 };
    }

    function choose(change) {
      Object.assign(wish, change);
      remember();
      if ("T" in change || "schedule" in change) stale.levels = true;
      if ("source" in change || "seed" in change) stale.pixels = true;
      attempt();
    }

    async function attempt() {
      const now = turn + 1;
      try {
        await load();
        if (now === turn && told.classList.contains("wrong")) complain("");
      } catch (error) {
        if (now !== turn) return;
        if (stale.pixels) empty();
        if (error.gone && !wish.source.startsWith("example:")) {
          const lost = wish.source;
          wish.source = "";
          remember();
          complain("");
          return album.replace(lost);
        }
        complain(A.sentence(error));
        if (error.later) waiting = setTimeout(attempt, AGAIN);
      }
    }
    function complain(text) {
      told.textContent = text;
      told.classList.toggle("wrong", Boolean(text));
    }

    /* Without a picture there are no numbers to read, and no files to keep. */
    function empty() {
      pixels = latent = null;
      root.dataset.pixels = root.dataset.latent = "waits";
      way.clear();
    }

    async function load() {
      const now = ++turn;
      clearTimeout(waiting);
      if (stale.levels) {
        const fresh = await (await fetched("levels")).json();
        if (now !== turn) return;
        setLevels(fresh);
        stale.levels = false;
      }
      if (stale.pixels && wish.source) {
        const { x0, eps } = A.tensors(await (await fetched("pixels")).arrayBuffer());
        if (now !== turn) return;
        pixels = { x0, eps, x: new Float32Array(x0.data.length) };
        latent = null;
        stale.pixels = false;
        root.style.setProperty("--shape", `${x0.shape[2]} / ${x0.shape[1]}`);
        root.style.setProperty("--ratio", x0.shape[2] / x0.shape[1]);
        if (pointed !== wish.source) pick = { x: x0.shape[2] >> 1, y: x0.shape[1] >> 1 };
        pointed = wish.source;
        root.dataset.pixels = "here";
      }
      sharp.classList.remove("here");
      draw();
      if (pixels) way.draw({ pixels, latent, levels });
      if (pixels && !latent) place(now);
    }

    async function place(now) {
      try {
        const { x0, eps, weight, bias } = A.tensors(await (await fetched("latent")).arrayBuffer());
        if (now !== turn) return;
        const clean = A.projected(x0, weight), noise = A.projected(eps, weight);
        latent = { x0, eps, x: new Float32Array(x0.data.length), clean, noise, offset: A.projectionBias(bias, clean.shape), mixed: new Float32Array(clean.data.length) };
        third.title.textContent = A.say("Those numbers, {count} channels", { count: x0.shape[0] });
        draw();
        way.draw({ pixels, latent, levels });
      } catch (error) {
        if (now !== turn) return;
        for (const line of why) line.textContent = A.sentence(error) || A.say("The latent cannot be shown here.");
        if (error.later) waiting = setTimeout(() => (root.checkVisibility() ? place(now) : (waiting = setTimeout(() => place(now), AGAIN))), AGAIN);
      }
      root.dataset.latent = latent ? "here" : "waits";
    }

    function setLevels({ T, alpha_bars }) {
      const share = levels ? t / Math.max(1, levels.length - 1) : null;
      const other = levels && levels.length !== T;
      levels = alpha_bars;
      slider.max = T - 1;
      t = Math.min(T - 1, other ? Math.round(share * (T - 1)) : t);
      slider.value = t;
      curve.set(levels);
      steps.input.disabled = wish.schedule === "model";
      fixed.hidden = !steps.input.disabled;
      steps.input.value = wish.schedule === "model" ? T : wish.T;
    }

    /* ---- the moment ---- */

    function go(to) {
      if (!levels) return;
      t = Math.min(levels.length - 1, Math.max(0, Math.round(to)));
      slider.value = t;
      sharp.classList.remove("here");
      if (!queued) requestAnimationFrame(draw);
      queued = true;
      clearTimeout(resting);
      asking?.abort();
      resting = setTimeout(rest, REST);
    }

    function draw() {
      queued = false;
      if (!levels || !pixels) return;
      draws++;
      const alphaBar = levels[t];
      A.noised(pixels.x0.data, pixels.eps.data, alphaBar, pixels.x);
      A.paintPixels(seen, pixels.x, pixels.x0.shape);
      if (latent) {
        A.noised(latent.x0.data, latent.eps.data, alphaBar, latent.x);
        A.paintTiles(tiles, latent.x, latent.x0.shape, ...grid());
        A.noised(latent.clean.data, latent.noise.data, alphaBar, latent.mixed);
        A.paintPixels(hidden, latent.mixed, latent.clean.shape, latent.offset);
        if (!sharp.classList.contains("here")) {
          second.state.textContent = A.say("quick look");
          clearTimeout(resting);
          resting = setTimeout(rest, REST);
        }
      }
      drawNumbers(alphaBar);
      drawPixel(alphaBar);
      curve.go(t);
      bell.draw(space === "latent" && latent ? latent.x : pixels.x);
    }

    function drawNumbers(alphaBar) {
      readings.draw(t, alphaBar);
      slider.style.setProperty("--part", t / Math.max(1, levels.length - 1));
      slider.setAttribute("aria-valuetext", A.say("timestep {t}, {share} % signal left", { t, share: A.share(100 * alphaBar, 2, 100) }));
    }

    function drawPixel(alphaBar) {
      const [, H, W] = pixels.x0.shape;
      const at = (data) => [0, 1, 2].map((c) => data[(c * H + pick.y) * W + pick.x]);
      mark.style.left = `${(100 * (pick.x + 0.5)) / W}%`;
      mark.style.top = `${(100 * (pick.y + 0.5)) / H}%`;
      formula.draw(t, alphaBar, { ...pick, before: at(pixels.x0.data), random: at(pixels.eps.data), after: at(pixels.x) });
    }
    const point = (event) => {
      if (!pixels) return;
      const box = seen.getBoundingClientRect(), [, H, W] = pixels.x0.shape;
      const within = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
      pick = { x: within((event.clientX - box.left) / box.width, W), y: within((event.clientY - box.top) / box.height, H) };
      drawPixel(levels[t]);
    };
    seen.addEventListener("pointermove", point);
    seen.addEventListener("pointerdown", point);

    /* The slider rests: the decoder's own view of this latent. */
    async function rest() {
      if (!latent || playing || !root.checkVisibility()) return;
      asking?.abort();
      asking = new AbortController();
      const mine = asking, url = address("decoded", { space: "latent", t });
      try {
        const answer = await fetch(url, { signal: mine.signal });
        if (answer.status !== 200) return;
        const image = URL.createObjectURL(await answer.blob());
        const before = sharp.src;
        sharp.src = image;
        await sharp.decode();
        if (before.startsWith("blob:")) URL.revokeObjectURL(before);
        if (mine.signal.aborted) return;
        sharp.classList.add("here");
        second.state.textContent = A.say("decoder");
      } catch { /* moved on, or no answer: the quick look stays */ }
    }

    /* ---- play ---- */

    function drawPlay() {
      play.replaceChildren(A.svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, A.svg("path", { d: playing ? "M8 5v14M16 5v14" : "M8 5l11 7-11 7z" })));
      play.setAttribute("aria-label", playing ? A.say("Pause") : A.say("Play"));
    }
    function start() {
      if (!levels) return;
      const from = t >= levels.length - 1 ? 0 : t, began = performance.now(), whole = 6000;
      const move = (time) => {
        if (!playing) return;
        const to = from + ((time - began) / whole) * levels.length;
        go(Math.max(from, to));
        if (to >= levels.length - 1) return stop();
        playing = requestAnimationFrame(move);
      };
      playing = requestAnimationFrame(move);
      drawPlay();
    }
    function stop() {
      cancelAnimationFrame(playing);
      playing = 0;
      drawPlay();
      rest();
    }
    slider.addEventListener("pointerdown", () => { if (playing) stop(); });
    slider.addEventListener("keydown", () => { if (playing) stop(); });
    slider.addEventListener("change", remember);

    album.resume(wish.source);
    room.ready("forward", {
      go, take: album.take, bring: album.bring, wish,
      get t() { return t; }, get draws() { return draws; }, get levels() { return levels; }, get pixels() { return pixels; }, get latent() { return latent; },
    });
  };
})();
