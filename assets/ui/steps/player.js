/* The player: a slider over the steps of a run, play and pause, and the keys that move it. Position k means k steps are made. */
"use strict";
(() => {
  const A = window.Atelier;
  const REST = 160, FRAME = 140;

  /* `move(index)` is told of every position, `rest(index)` of the one where the slider stays. */
  A.player = ({ move, rest, awake }) => {
    const slider = A.make("input", { type: "range", class: "player-slider", min: "0", value: "0", step: "1", "aria-label": A.say("Step"), on: { input: () => by(+slider.value) } });
    const track = A.make("div", { class: "player-track", "aria-hidden": "true" });
    const words = A.make("output", { class: "player-words" });
    const face = (name, label) => { play.replaceChildren(A.icon(name)); play.title = A.say(label); play.setAttribute("aria-label", A.say(label)); };
    const play = A.make("button", { type: "button", class: "round player-play", on: { click: () => (timer ? pause() : start()) } });
    const begins = A.make("span", {}, A.say("pure noise"));
    const ends = A.make("div", { class: "player-ends", "aria-hidden": "true" }, begins, A.make("span", {}, A.say("the picture")));
    const node = A.make("div", { class: "player" }, play, A.make("div", { class: "player-bar" }, A.make("div", { class: "player-rail" }, track, slider), ends), words);
    let made = 0, total = 1, last = 0, index = 0, timer = 0, quiet = 0;
    face("play", "Play");

    function by(wish) {
      pause();
      go(wish);
    }
    function go(wish, still = false) {
      index = Math.max(0, Math.min(Math.round(wish), last));
      slider.value = index;
      slider.setAttribute("aria-valuetext", said());
      words.textContent = said();
      node.style.setProperty("--at", total ? index / total : 0);
      move(index);
      clearTimeout(quiet);
      if (still) rest(index);
      else quiet = setTimeout(() => rest(index), timer ? REST * 4 : REST);
    }
    const said = () => A.say("Step {index} of {total}", { index, total });

    function start() {
      if (!last) return;
      face("pause", "Pause");
      if (index >= last) go(0);
      timer = setInterval(() => (index >= last ? pause() : go(index + 1)), FRAME);
    }
    function pause() {
      if (!timer) return;
      clearInterval(timer);
      timer = 0;
      face("play", "Play");
      go(index);
    }

    document.addEventListener("keydown", (event) => {
      if (!awake() || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, select, button, a, [role=radio]") && event.target !== slider) return;
      const wish = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
      if (wish !== undefined) by(wish);
      else if (event.key === " ") timer ? pause() : start();
      else return;
      event.preventDefault();
    });

    return {
      node, go, by, start, pause,
      get index() { return index; },
      get last() { return last; },
      get playing() { return Boolean(timer); },
      /* What there is: steps made, steps in all, the last position one can go to, where the course was changed, whether it began with a picture. */
      extent(now) {
        ({ made, total, last } = now);
        slider.max = total;
        begins.textContent = now.covered ? A.say("a picture under noise") : A.say("pure noise");
        node.style.setProperty("--made", total ? made / total : 0);
        track.replaceChildren(A.make("span", { class: "player-made" }),
          ...now.turns.map((at) => A.make("span", { class: "player-turn", style: `--turn: ${at / total}` })));
        index = Math.min(index, last);
      },
    };
  };
})();
