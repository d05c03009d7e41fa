/* The formula of the moment, in MathML: in general, at this timestep, and for one pixel with its own numbers. */
"use strict";
(() => {
  const A = window.Atelier;
  const SPACE = "http://www.w3.org/1998/Math/MathML";
  const COLOURS = ["Red", "Green", "Blue"];

  A.math = (tag, ...children) => {
    const node = document.createElementNS(SPACE, tag);
    node.append(...children);
    return node;
  };
  const { math } = A;
  const mi = (name) => math("mi", name), mo = (sign) => math("mo", sign);
  const sub = (name, below) => math("msub", mi(name), typeof below === "string" ? mi(below) : below);
  const bar = () => math("mover", mi("α"), mo("¯"));
  const block = (...children) => {
    const node = math("math", ...children);
    node.setAttribute("display", "block");
    return node;
  };

  const bracketed = (value) => (value < 0 ? `(${A.number(value, 3)})` : A.number(value, 3));

  A.formula = () => {
    const level = mi("t"), now = math("mn", "0"), signal = math("mn", "1"), noise = math("mn", "0");
    const general = block(sub("x", "t"), mo("="), math("msqrt", math("msub", bar(), mi("t"))), sub("x", math("mn", "0")), mo("+"),
      math("msqrt", math("mrow", math("mn", "1"), mo("−"), math("msub", bar(), level))), mi("ε"));
    const moment = block(math("msub", mi("x"), now), mo("="), signal, sub("x", math("mn", "0")), mo("+"), noise, mi("ε"));
    const rows = COLOURS.map((name) => {
      const parts = Array.from({ length: 5 }, () => math("mn", "0"));
      const [result, share, before, cover, random] = parts, sign = math("mn", "−");
      const label = math("mtext", A.say(name));
      label.classList.add(`formula-${name.toLowerCase()}`);
      return { parts, sign, node: math("mtr", math("mtd", label), math("mtd", math("mrow", sign, result)), math("mtd", mo("=")), math("mtd", math("mrow", share, mo("·"), before)),
        math("mtd", mo("+")), math("mtd", math("mrow", cover, mo("·"), random))) };
    });
    const swatch = () => A.make("span", { class: "formula-swatch", "aria-hidden": "true" });
    const was = swatch(), is = swatch(), place = A.make("span");
    const node = A.make("div", { class: "formula" }, general, moment,
      A.make("p", { class: "formula-pixel" }, was, "→", is, place), block(math("mtable", ...rows.map((row) => row.node))));
    const colour = (values) => `rgb(${values.map((value) => Math.round(Math.min(255, Math.max(0, (value + 1) * 127.5)))).join(" ")})`;
    return {
      node,
      draw(t, alphaBar, { x, y, before, random, after }) {
        const a = Math.sqrt(alphaBar), b = Math.sqrt(1 - alphaBar);
        now.textContent = t;
        signal.textContent = A.share(a);
        noise.textContent = A.share(b);
        place.textContent = A.say("The pixel at {x}, {y}", { x, y });
        was.style.background = colour(before);
        is.style.background = colour(after);
        rows.forEach(({ parts, sign }, i) => {
          // Kept unseen where there is none, so that digits stand under digits.
          sign.style.visibility = after[i] < 0 ? "visible" : "hidden";
          const values = [A.number(Math.abs(after[i]), 3), A.share(a, 3), bracketed(before[i]), A.share(b, 3), bracketed(random[i])];
          parts.forEach((part, k) => { part.textContent = values[k]; });
        });
      },
    };
  };
})();
