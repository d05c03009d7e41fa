/* Equations in the browser's own MathML: built from plain strings, numbers of the moment marked as such. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  const SPACE = "http://www.w3.org/1998/Math/MathML";
  const OPERATORS = new Set(["=", "+", "−", "·", "×", "←", "∼", "(", ")", ",", "‖", "/", "≈", ";", "→", "…", "[", "]"]);

  function element(tag, attributes, ...children) {
    const node = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.map(token));
    return node;
  }

  /* A string as what it is: an operator, a number, a name. */
  function token(part) {
    if (typeof part !== "string") return part;
    const tag = OPERATORS.has(part) ? "mo" : /^[−\d.  ]+$/u.test(part) ? "mn" : "mi";
    const node = document.createElementNS(SPACE, tag);
    node.textContent = part;
    if (tag === "mo") node.setAttribute("stretchy", "false");
    return node;
  }

  const row = (...parts) => element("mrow", {}, ...parts);
  const over = (base, accent) => element("mover", { accent: "true" }, base, element("mo", { stretchy: "false" }, document.createTextNode(accent)));
  const sub = (base, low) => element("msub", {}, base, low);

  T.math = {
    row, sub,
    sup: (base, high) => element("msup", {}, base, high),
    sqrt: (...parts) => element("msqrt", {}, ...parts),
    frac: (top, bottom) => element("mfrac", {}, top, bottom),
    hat: (base) => over(base, "^"),
    bar: (base) => over(base, "¯"),
    words: (text) => {
      const node = document.createElementNS(SPACE, "mtext");
      node.textContent = text;
      return node;
    },
    /* A number of the moment, found again by its name. */
    live: (name, value) => {
      const node = document.createElementNS(SPACE, "mn");
      node.textContent = typeof value === "number" ? T.number(value) : value;
      node.setAttribute("class", "live");
      node.setAttribute("data-live", name);
      return node;
    },
    line: (...parts) => element("math", { display: "block" }, ...parts),
    inline: (...parts) => element("math", {}, ...parts),
    /* alpha_bar at t, and the two shares made of it. */
    level: (t = "t") => sub(over("α", "¯"), t),
  };

  /* A number as a person reads it: a true minus, a fixed number of decimals; large ones whole, in groups. */
  T.number = (value, digits = 2) => {
    const size = Math.abs(value);
    const text = size >= 1000 ? Math.round(size).toString().replace(/\B(?=(\d{3})+$)/g, " ") : size.toFixed(size >= 100 ? Math.min(digits, 1) : digits);
    return value < 0 && Number(text.replaceAll(" ", "")) !== 0 ? `−${text}` : text;
  };

  /* A share, finer where there is little left. */
  T.percent = (share) => `${T.number(share * 100, share < 0.01 ? 2 : 1)} %`;
})();
