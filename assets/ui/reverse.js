/* Reverse: a run, step by step: seen, explained, branched, resumed, compared. */
"use strict";
(() => {
  const A = window.Atelier;

  A.reverse = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".reverse");
    root.replaceChildren();
  };
})();
