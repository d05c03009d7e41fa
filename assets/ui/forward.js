/* Forward: a picture of the person's own, covered with noise step by step, with every number of it. */
"use strict";
(() => {
  const A = window.Atelier;

  A.forward = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".forward");
    root.replaceChildren();
  };
})();
