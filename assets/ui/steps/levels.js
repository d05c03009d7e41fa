/* Two drawings: how much signal a schedule leaves, with a point that can be dragged; and how values lie, against the normal curve. */
"use strict";
(() => {
  const A = window.Atelier;
  const W = 400, H = 200, LEFT = 32, BOTTOM = 24, TOP = 8, RIGHT = 8;
  const across = W - LEFT - RIGHT, up = H - TOP - BOTTOM;

  const svg = (tag, attributes = {}, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  A.svg = svg;
  const text = (words, x, y, more = {}) => svg("text", { x, y, ...more }, words);
  const frame = (label, ...children) => svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "chart", role: "img", "aria-label": label }, ...children);

  /* Share of signal left over t: below the curve signal, above it noise. */
  A.levelCurve = (onPick) => {
    const area = svg("path", { class: "chart-signal" }), line = svg("path", { class: "chart-line" });
    const stem = svg("path", { class: "chart-stem" }), point = svg("circle", { r: 6, class: "chart-point" });
    const last = text("", W - RIGHT, H - 6, { "text-anchor": "end" });
    const node = frame(A.say("Share of signal left over the timesteps"),
      svg("rect", { x: LEFT, y: TOP, width: across, height: up, class: "chart-noise" }), area, line, stem, point,
      text("1", LEFT - 8, TOP + 10, { "text-anchor": "end" }), text("0", LEFT - 8, TOP + up, { "text-anchor": "end" }),
      text("t = 0", LEFT, H - 6), last,
      text(A.say("signal"), LEFT + 12, TOP + up - 12, { class: "chart-word" }),
      text(A.say("noise"), W - RIGHT - 12, TOP + 22, { class: "chart-word", "text-anchor": "end" }));
    let levels = [1];
    const x = (t) => LEFT + (across * t) / Math.max(1, levels.length - 1);
    const y = (level) => TOP + up * (1 - level);
    const at = (event) => {
      const box = node.getBoundingClientRect();
      const share = (((event.clientX - box.left) / box.width) * W - LEFT) / across;
      onPick(Math.round(Math.min(1, Math.max(0, share)) * (levels.length - 1)));
    };
    node.addEventListener("pointerdown", (event) => {
      try { node.setPointerCapture(event.pointerId); } catch { /* then not */ }
      at(event);
    });
    node.addEventListener("pointermove", (event) => { if (event.buttons) at(event); });
    return {
      node,
      set(alphaBars) {
        levels = alphaBars;
        const step = Math.max(1, Math.floor(levels.length / 200)), points = [];
        for (let t = 0; t < levels.length; t += step) points.push(t);
        if (points.at(-1) !== levels.length - 1) points.push(levels.length - 1);
        const path = points.map((t) => `${x(t).toFixed(1)} ${y(levels[t]).toFixed(1)}`).join("L");
        line.setAttribute("d", `M${path}`);
        area.setAttribute("d", `M${LEFT} ${TOP + up}L${path}L${W - RIGHT} ${TOP + up}Z`);
        last.textContent = levels.length - 1;
      },
      go(t) {
        point.setAttribute("cx", x(t));
        point.setAttribute("cy", y(levels[t]));
        stem.setAttribute("d", `M${x(t)} ${TOP}V${TOP + up}`);
      },
    };
  };

  /* Values between -4 and 4 as bars of density, the standard normal curve over them. */
  A.bell = () => {
    const LOW = -4, HIGH = 4, BINS = 80;
    const bars = svg("path", { class: "chart-bars" }), curve = svg("path", { class: "chart-line" });
    const middle = LEFT + across / 2;
    const node = frame(A.say("How often each value occurs, and the normal curve"), bars, curve,
      svg("path", { class: "chart-axis", d: `M${LEFT} ${TOP + up}H${W - RIGHT}` }),
      ...[-4, -2, 0, 2, 4].map((value) => text(String(value).replace("-", "−"), middle + (value / 8) * across, H - 6, { "text-anchor": "middle" })));
    return {
      node,
      draw(values) {
        const density = A.density(values, LOW, HIGH, BINS);
        const most = Math.max(0.5, ...density), wide = across / BINS;
        const y = (share) => TOP + up * (1 - share / most);
        let path = `M${LEFT} ${TOP + up}`;
        density.forEach((share, i) => { path += `V${y(share).toFixed(1)}H${(LEFT + (i + 1) * wide).toFixed(1)}`; });
        bars.setAttribute("d", `${path}V${TOP + up}Z`);
        let normal = "";
        for (let i = 0; i <= BINS; i++) {
          const value = LOW + (i * (HIGH - LOW)) / BINS;
          normal += `${i ? "L" : "M"}${(LEFT + i * wide).toFixed(1)} ${y(Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI)).toFixed(1)}`;
        }
        curve.setAttribute("d", normal);
      },
    };
  };
})();
