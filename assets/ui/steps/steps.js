/* The step viewer's switch: one panel at a time; which one is remembered, and others may ask for one. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEY = "atelier.steps";

  A.steps = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".steps");
    const room = A.room(element);
    const tabs = drawn.panels.map(({ name, title }) => A.make("button", {
      class: "steps-tab", type: "button", role: "radio", "data-panel": name, on: { click: () => show(name) },
    }, A.say(title)));
    root.replaceChildren(A.make("div", { class: "steps-switch", role: "radiogroup", "aria-label": A.say("Step viewer") }, ...tabs));

    function show(name) {
      if (!drawn.panels.some((panel) => panel.name === name)) return;
      room.root.dataset.panel = name;
      for (const tab of tabs) {
        const here = tab.dataset.panel === name;
        tab.setAttribute("aria-checked", String(here));
        tab.tabIndex = here ? 0 : -1;
      }
      A.write(KEY, name);
      dispatchEvent(new CustomEvent("atelier-panel", { detail: name }));
    }
    root.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (at < 0 || !step) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      next.focus();
      show(next.dataset.panel);
      event.preventDefault();
    });
    show(A.read(KEY) ?? drawn.panels[0].name);
    if (!room.root.dataset.panel) show(drawn.panels[0].name);
    room.ready("steps", { show });
  };

  /* Open a panel of the step viewer from anywhere; resolves with the panel's object once it is drawn. */
  A.openSteps = async (panel) => {
    await A.tabsDrawn();
    const room = A.openTab("steps");
    (await room.when("steps")).show(panel);
    return room.when(panel);
  };
})();
