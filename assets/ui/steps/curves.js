/* Curves: one small plot per number of a run, with the number at the step in view beside its name; click or drag to go to a step. */
"use strict";
(() => {
  const A = window.Atelier;
  const NS = "http://www.w3.org/2000/svg";
  const HEIGHT = 100;

  const svg = (tag, attributes) => {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };

  /* A number as a textbook prints it: four digits that matter, a true minus, powers of ten where there are many noughts. */
  A.figure = (value) => {
    if (value == null || !Number.isFinite(value)) return "–";
    if (Number.isInteger(value)) return String(value).replace("-", "−");
    const size = Math.abs(value);
    if (size < 1e-3) return A.number(value);
    const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    return value.toFixed(digits).replace("-", "−");
  };

  /* One plot. `log` draws its decades evenly. */
  A.curve = ({ label, symbol, help, log = false, go }) => {
    const number = A.make("output", { class: "curve-number" }, "–");
    const line = svg("path", { class: "curve-line" });
    const rest = svg("line", { class: "curve-base", x1: 0, x2: 1000, y1: HEIGHT, y2: HEIGHT });
    const drawing = svg("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    drawing.append(rest, line);
    const cursor = A.make("span", { class: "curve-cursor" });
    const dot = A.make("span", { class: "curve-dot" });
    const top = A.make("span", { class: "curve-end curve-top" });
    const bottom = A.make("span", { class: "curve-end curve-bottom" });
    const plot = A.make("div", { class: "curve-plot" }, drawing, cursor, dot, top, bottom);
    const name = A.make("figcaption", {}, A.make("span", { class: "curve-name" }, label), symbol ?? null, number, help ? A.make("span", { class: "curve-help" }, help) : null);
    const node = A.make("figure", { class: "curve", title: help ?? "" }, name, plot);
    let values = [], places = [], low = 0, high = 1;

    const scaled = (value) => (log ? Math.log10(Math.max(value, 1e-6)) : value);
    const y = (value) => HEIGHT - (HEIGHT * (scaled(value) - low)) / (high - low || 1);

    const pick = (event) => {
      const box = plot.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      let nearest = 0;
      places.forEach((place, i) => { if (Math.abs(place - share) < Math.abs(places[nearest] - share)) nearest = i; });
      go(nearest);
    };
    plot.addEventListener("pointerdown", (event) => { plot.setPointerCapture(event.pointerId); pick(event); });
    plot.addEventListener("pointermove", (event) => { if (plot.hasPointerCapture(event.pointerId)) pick(event); });

    return {
      node,
      /* The values, one a step, and how many steps there are in all: what is not made yet stays empty. */
      draw(list, total = list.length) {
        values = list;
        places = list.map((_, i) => i / Math.max(total, 1));
        const known = list.filter((value) => Number.isFinite(value)).map(scaled);
        low = Math.min(...known, log ? Infinity : 0);
        high = Math.max(...known);
        let pen = "M";
        line.setAttribute("d", list.map((value, i) => {
          if (!Number.isFinite(value)) { pen = "M"; return ""; }
          const step = `${pen}${(1000 * places[i]).toFixed(1)} ${y(value).toFixed(2)}`;
          pen = "L";
          return step;
        }).join(""));
        const shown = (value) => (Number.isFinite(value) ? A.figure(log ? 10 ** value : value) : "");
        top.textContent = shown(high);
        bottom.textContent = shown(low);
      },
      at(index) {
        const value = values[index];
        number.textContent = A.figure(value);
        const there = Number.isFinite(value);
        cursor.hidden = index >= values.length;
        dot.hidden = !there;
        node.style.setProperty("--x", places[index] ?? 1);
        if (there) node.style.setProperty("--y", y(value) / HEIGHT);
      },
    };
  };

  /* The numbers of a run, each with its curve. */
  A.curvesOf = (go) => {
    const { math, alpha, noisy, clean, noise } = A.symbol;
    const norm = (inside) => math(`<mo>‖</mo>${inside}<mo>‖</mo>`);
    const plots = [
      ["t", A.say("Timestep"), math("<mi>t</mi>"), A.say("how the network counts noise")],
      ["alpha_bar", A.say("Signal"), math(alpha), A.say("share of the variance that is picture")],
      ["sigma", A.say("Noise level"), math("<mi>σ</mi>"), A.say("noise per unit of signal, in powers of ten"), true],
      ["snr_db", A.say("Signal to noise"), math("<mi>SNR</mi>"), A.say("in decibels; 0 is half and half")],
      ["norm_x", A.say("Noisy picture"), norm(noisy), A.say("root mean square")],
      ["norm_noise", A.say("Noise"), norm(noise), A.say("root mean square")],
      ["norm_clean", A.say("Clean estimate"), norm(clean), A.say("root mean square")],
      ["change", A.say("What changed"), norm(A.symbol.change), A.say("of the estimate since the last step, root mean square")],
    ].map(([name, label, symbol, help, log]) => ({ name, ...A.curve({ label, symbol, help, log, go }) }));
    for (const { name, node } of plots) node.dataset.number = name;
    return {
      node: A.make("section", { class: "curves", "aria-label": A.say("The numbers of this run") }, ...plots.map((plot) => plot.node)),
      draw(steps, total) { for (const plot of plots) plot.draw(steps.map((step) => step[plot.name]), total); },
      at(index) { for (const plot of plots) plot.at(index); },
    };
  };
})();
