/* What is looked for: words, and what narrows the list. It says what is asked as the parameters of an address. */
"use strict";
(() => {
  const A = window.Atelier;
  const PAUSE = 250;

  A.galleryHunt = (kinds, changed) => {
    let timer = 0;
    const soon = () => { clearTimeout(timer); timer = setTimeout(changed, PAUSE); };
    const words = A.make("input", { type: "search", class: "hunt-words", id: "gallery-words", placeholder: A.say("Words, or seed:7, steps:20, size:256x256"),
      "aria-label": A.say("Look for words or settings"), title: A.say("A word is found by its beginning. Settings: seed, steps, size, guidance, strength, sampler, model, style."), autocomplete: "off", spellcheck: "false", on: { input: soon } });
    const list = (name, label, every) => {
      const select = A.make("select", { id: `gallery-${name}`, "aria-label": A.say(label), title: A.say(label), on: { change: () => { mark(); changed(); } } });
      const fill = (choices) => {
        const was = select.value;
        select.replaceChildren(A.make("option", { value: "" }, A.say(every)), ...choices.map((one) => A.make("option", { value: one.name }, one.title)));
        if (was && !choices.some((one) => one.name === was)) select.append(A.make("option", { value: was }, was));
        select.value = was;
        select.hidden = choices.length < 2 && !was;
      };
      return { select, fill };
    };
    const kind = list("kinds", "Tab it was painted in", "Every tab");
    const style = list("style", "Style", "Every style");
    const model = list("model", "Model", "Every model");
    const day = (name, label) => A.make("label", { class: "hunt-day" }, A.make("span", {}, A.say(label)), A.make("input", { type: "date", id: `gallery-${name}`, on: { change: () => { mark(); changed(); } } }));
    const since = day("since", "From"), until = day("until", "To");
    const starred = A.make("button", { type: "button", class: "quiet-button", id: "gallery-starred", "aria-pressed": "false", title: A.say("Only starred pictures"), on: { click: () => {
      starred.setAttribute("aria-pressed", String(starred.getAttribute("aria-pressed") !== "true"));
      mark();
      changed();
    } } }, A.icon("star"), A.say("Starred"));
    const clear = A.make("button", { type: "button", class: "chip", id: "gallery-clear", hidden: true, on: { click: () => {
      reset();
      changed();
      words.focus();
    } } }, A.say("Show all"));
    const node = A.make("div", { class: "hunt", role: "search" }, words, A.make("div", { class: "hunt-filters" }, kind.select, style.select, model.select, since, until, starred, clear));

    // A day is the person's own; the studio keeps time in UTC.
    const moment = (day, later) => {
      if (!day) return "";
      const [year, month, date] = day.split("-").map(Number);
      const instant = new Date(year, month - 1, date + later);
      return isNaN(instant) ? "" : instant.toISOString().slice(0, 19).replace("T", "/").replaceAll(":", "");
    };
    const dates = () => [since, until].map((label) => label.lastChild);
    const asked = () => {
      const [first, last] = dates();
      return { words: words.value.trim(), kinds: kind.select.value, style: style.select.value, model: model.select.value,
        since: moment(first.value, 0), until: moment(last.value, 1), starred: starred.getAttribute("aria-pressed") === "true" ? "1" : "" };
    };
    const mark = () => { clear.hidden = !Object.values(asked()).some(Boolean); };
    words.addEventListener("input", mark);
    function reset() {
      words.value = "";
      for (const one of [kind, style, model]) one.select.value = "";
      for (const one of dates()) one.value = "";
      starred.setAttribute("aria-pressed", "false");
      mark();
    }
    return {
      node, reset, words,
      get asks() { return Object.values(asked()).some(Boolean); },
      get address() { return new URLSearchParams(Object.entries(asked()).filter(([, value]) => value)); },
      offer(names) {
        kind.fill(kinds.filter((one) => names.kinds.includes(one.name)).map((one) => ({ name: one.name, title: A.say(one.title) })));
        style.fill(names.style);
        model.fill(names.model);
      },
    };
  };
})();
