/* The whole way into noise: a strip of a few timesteps to click, and files to keep. */
"use strict";
(() => {
  const A = window.Atelier;
  const FILES = [["png", "Strip"], ["gif", "GIF"], ["webp", "WebP"], ["mp4", "MP4"]];
  const FILM = 48;

  /* A number to type: brought between its bounds; `act` is told the value, and in words when it had to be changed. */
  A.numberBox = (id, label, low, high, value, act) => {
    const input = A.make("input", { type: "number", id: `${id}-box`, min: low, max: high, step: 1, value, on: { change: () => {
      const typed = Number(input.value || low);
      const taken = Math.min(high, Math.max(low, Math.round(Number.isFinite(typed) ? typed : low)));
      input.value = taken;
      act(taken, taken === typed ? "" : A.say("{label} goes from {low} to {high}; {value} is taken.", { label, low, high, value: taken }));
    } } });
    return { input, node: A.make("label", { class: "number-box" }, A.make("span", {}, label), input) };
  };

  /* Pixels or latent: chips; `act` is told which. */
  A.spaceChoice = (act) => {
    const chips = [["pixels", "Pixels"], ["latent", "Latent"]].map(([name, label], i) => A.make("button", { type: "button", class: "chip", "data-space": name, "aria-pressed": String(!i), on: { click: () => {
      for (const one of chips) one.setAttribute("aria-pressed", String(one === chips[i]));
      act(name);
    } } }, A.say(label)));
    return A.make("span", { class: "space-choice", role: "group", "aria-label": A.say("Space") }, ...chips);
  };

  /* `wish.frames` pictures; choose(frames) when that changes, go(t) when one is clicked, address({ kind, frames, space }) of a file. */
  A.way = (drawn, wish, { choose, go, address }) => {
    let space = "pixels", last = null;
    const told = A.make("p", { class: "forward-told", role: "status" });
    const frames = A.numberBox("forward-frames", A.say("Pictures"), 2, drawn.frames.png, wish.frames, (value, notice) => {
      told.textContent = notice;
      choose(value);
    });
    const strip = A.make("div", { class: "forward-strip", role: "group", "aria-label": A.say("The way in a few pictures") });
    const files = FILES.map(([kind, label]) => A.make("button", {
      type: "button", class: "quiet-button", "data-kind": kind, disabled: true, title: A.say("Download the whole way as {kind}", { kind: label }), on: { click: () => download(kind) },
    }, A.icon("download"), A.say(label)));
    if (drawn.mp4) {
      const { message, hint, values } = drawn.mp4, button = files.at(-1);
      button.title = `${A.say(message, values)} ${A.say(hint, values)}`;
    }
    const spaces = A.spaceChoice((name) => {
      space = name;
      if (last) draw(last);
    });
    const node = A.make("section", { class: "forward-way" },
      A.make("div", { class: "forward-way-head" }, A.make("h3", {}, A.say("The whole way")), spaces, frames.node, A.make("span", { class: "forward-save" }, ...files)),
      told, strip);

    /* There is something to keep, or not; MP4 may be missing for good. */
    function able(yes) {
      files.forEach((button, i) => { button.disabled = !yes || (FILES[i][0] === "mp4" && Boolean(drawn.mp4)); });
    }
    function clear() {
      last = null;
      able(false);
      strip.replaceChildren();
    }

    function draw({ pixels, latent, levels }) {
      last = { pixels, latent, levels };
      able(true);
      const inLatent = space === "latent" && latent;
      const [clean, noise, shape, offset] = inLatent
        ? [latent.clean.data, latent.noise.data, latent.clean.shape, latent.offset]
        : [pixels.x0.data, pixels.eps.data, pixels.x0.shape, null];
      const count = Math.min(wish.frames, levels.length), x = new Float32Array(clean.length);
      strip.replaceChildren(...Array.from({ length: count }, (_, i) => {
        const t = count > 1 ? Math.round((i * (levels.length - 1)) / (count - 1)) : 0;
        const small = A.make("canvas", { "aria-hidden": "true" });
        A.paintPixels(small, A.noised(clean, noise, levels[t], x), shape, offset);
        return A.make("button", { type: "button", "aria-label": A.say("Go to timestep {t}", { t }), on: { click: () => go(t) } }, small, A.make("span", {}, `t = ${t}`));
      }));
    }

    function download(kind) {
      const frames = kind === "png" ? wish.frames : Math.min(FILM, drawn.frames[kind]);
      A.takeFilm(address({ kind, space, frames }), (sentence) => { told.textContent = sentence; });
    }
    return { node, draw, clear };
  };
})();
