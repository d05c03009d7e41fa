/* There and back: a picture diffused into noise and recovered from it. */
"use strict";
(() => {
  const A = window.Atelier;

  A.recover = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".recover");
    root.replaceChildren();
  };
})();
