/* What the tour's figures are made of: a picture out of a sheet, a slider that says its value, one of a few, numbers under a figure. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  /* Milliseconds a slider has to rest before a finer picture is asked for. */
  const RESTED = 250;

  /* A picture in a frame: one frame of a saved sheet, or an address. The old one stays until the new one is here. */
  T.frame = (label) => {
    const node = A.make("div", { class: "learn-frame", role: "img", "aria-label": label });
    let turn = 0;
    function put({ src, index = 0, count = 1 }) {
      node.style.backgroundImage = `url("${src}")`;
      node.style.backgroundSize = `${count * 100}% 100%`;
      node.style.backgroundPosition = `${count > 1 ? (100 * index) / (count - 1) : 0}% 0`;
      node.dataset.frame = index;
      node.dataset.src = src;
    }
    return {
      node,
      show(what, words = label) {
        const mine = ++turn;
        node.setAttribute("aria-label", words);
        if (what.count > 1) return put(what);
        const bring = async (src) => {
          const image = new Image();
          image.src = src;
          await image.decode().catch(() => {});
          if (mine === turn && image.naturalWidth) put({ ...what, src });
        };
        bring(what.src).then(() => { if (what.fine) setTimeout(() => { if (mine === turn) bring(what.fine); }, RESTED); });
      },
    };
  };

  T.slider = ({ label, min = 0, max, value, step = 1, say, act }) => {
    const input = A.make("input", { type: "range", min, max, step, value, "aria-label": label, on: { input: () => set(Number(input.value)) } });
    const words = A.make("output", {});
    const node = A.make("label", { class: "learn-slider" }, A.make("span", {}, label), input, words);
    function set(next) {
      input.value = next;
      const now = Number(input.value);
      words.textContent = say(now);
      input.setAttribute("aria-valuetext", words.textContent);
      act(now);
    }
    words.textContent = say(value);
    return { node, input, set, get value() { return Number(input.value); }, range(top) { input.max = top; } };
  };

  T.segments = ({ label, options, value, act }) => {
    const buttons = options.map(({ name, title }) => A.make("button", {
      type: "button", class: "learn-segment", role: "radio", "data-name": name, on: { click: () => choose(name) },
    }, title));
    const node = A.make("div", { class: "learn-segments", role: "radiogroup", "aria-label": label }, A.make("span", {}, label), A.make("div", {}, ...buttons));
    let chosen;
    function choose(name, quiet = false) {
      chosen = name;
      for (const button of buttons) {
        const here = button.dataset.name === String(name);
        button.setAttribute("aria-checked", String(here));
        button.tabIndex = here ? 0 : -1;
      }
      if (!quiet) act(name);
    }
    node.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = buttons.indexOf(document.activeElement);
      if (!step || at < 0) return;
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      choose(options[buttons.indexOf(next)].name);
      event.preventDefault();
      event.stopPropagation();
    });
    choose(value, true);
    return { node, choose, get value() { return chosen; } };
  };

  /* Pictures side by side with a caption under each. */
  T.plate = (frame, caption, more = {}) => A.make("figure", { class: "learn-plate", ...more }, frame, A.make("figcaption", {}, caption));

  /* Numbers under a figure: [name, words] pairs. */
  T.facts = (names) => {
    const values = Object.fromEntries(Object.keys(names).map((name) => [name, A.make("dd", { "data-fact": name })]));
    const node = A.make("dl", { class: "learn-facts" }, ...Object.entries(names).map(([name, words]) => A.make("div", {}, A.make("dt", {}, words), values[name])));
    return { node, show: (told) => { for (const [name, text] of Object.entries(told)) values[name].textContent = text; } };
  };

  /* Dragging across a picture moves its slider. */
  T.dragAcross = (node, slider) => {
    node.classList.add("learn-drag");
    const move = (event) => {
      const { left, width } = node.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
      slider.set(Math.round(Number(slider.input.min) + share * (Number(slider.input.max) - Number(slider.input.min))));
    };
    node.addEventListener("pointerdown", (event) => { node.setPointerCapture(event.pointerId); move(event); });
    node.addEventListener("pointermove", (event) => { if (node.hasPointerCapture(event.pointerId)) move(event); });
  };
})();
