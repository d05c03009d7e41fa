/* Where nothing is open yet: an invitation to paint a picture here and then see how it came to be. */
"use strict";
(() => {
  const A = window.Atelier;

  /* `begin(wish)` paints. */
  A.startOf = (examples, begin) => {
    const box = A.make("textarea", { id: "reverse-prompt", rows: "2", maxlength: "2000", placeholder: A.say("a castle in the mountains at sunset"), "aria-label": A.say("Prompt") });
    const button = A.make("button", { type: "submit", class: "primary-button", id: "reverse-paint" }, A.say("Paint"));
    const line = A.make("p", { class: "quiet start-line", role: "status" });
    const form = A.make("form", { class: "start-form", on: { submit: (event) => { event.preventDefault(); if (!button.disabled) begin({ act: "paint", prompt: box.value }); } } }, box, button);
    const cards = examples.map(({ name, prompt, style }) => {
      const file = `examples/${name}.jpg`;
      const picture = A.thumbnails.includes(file) ? A.make("img", { src: `atelier/${file}`, alt: "" }) : A.make("span", { class: "sketch", "data-name": name, "aria-hidden": "true" });
      return A.make("button", { class: "example", type: "button", on: { click: () => { if (!button.disabled) begin({ act: "paint", example: name }); } } }, picture, A.make("span", { lang: "en" }, `${prompt}, ${style}`));
    });
    const node = A.make("div", { class: "start" }, A.make("div", { class: "invite" },
      A.make("h2", {}, A.say("Paint something, then see how it came to be")),
      A.make("p", {}, A.say("Every picture begins as noise. Choose one of yours, or paint one now.")),
      form, line, A.make("div", { class: "examples" }, ...cards)));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.stopPropagation();
      form.requestSubmit();
    });
    return {
      node,
      say(text) { line.textContent = text; },
      busy(yes) { button.disabled = yes; node.toggleAttribute("data-busy", yes); },
    };
  };
})();
