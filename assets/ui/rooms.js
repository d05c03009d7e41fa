/* Rooms: one per tab. What stands in a tab finds its neighbours through its room, never by an id of the whole page; a tab is drawn
   when it is first opened, so whoever needs a part of it waits with `when`. */
"use strict";
(() => {
  const A = window.Atelier;
  const rooms = new Map();

  function make(name) {
    const parts = {}, waiting = {}, views = new Set();
    const room = {
      name,
      // What has to be done before a recipe is sent: functions that may return a promise.
      before: [],
      get root() { return document.getElementById(`tab-${name}`); },
      get open() { return Boolean(room.root?.checkVisibility()); },
      get stage() { return parts.stage; },
      // Ids of the first tab are plain; those of the others carry its name.
      id: (part) => (name === "text_to_image" ? part : `${name}-${part}`),
      find: (selector) => room.root?.querySelector(selector) ?? null,
      field: (field) => room.find(`[id="field-${field}"], [id$="-field-${field}"]`),
      box: () => room.field("prompt")?.querySelector("textarea") ?? null,
      part: (part) => parts[part],
      when: (part) => new Promise((ready) => (parts[part] ? ready(parts[part]) : (waiting[part] ??= []).push(ready))),
      ready(part, object) {
        parts[part] = object;
        for (const ready of waiting[part]?.splice(0) ?? []) ready(object);
      },
      // What stands in the stage's place: "stage" itself, "mask", "frame" or "sketch".
      view: "stage",
      show(view) {
        room.view = view;
        const column = room.find(".stage-column");
        if (column) column.dataset.view = view;
        for (const act of views) act(view);
      },
      onShow: (act) => views.add(act),
    };
    return room;
  }

  A.room = (place) => {
    const name = typeof place === "string" ? place : place.closest("[role=tabpanel]").id.replace(/^tab-/, "");
    if (!rooms.has(name)) rooms.set(name, make(name));
    return rooms.get(name);
  };
  A.rooms = () => [...rooms.values()];
  A.current = () => {
    const panel = [...document.querySelectorAll("#tabs > [role=tabpanel], #tabs [role=tabpanel]")].find((node) => node.checkVisibility());
    return panel ? A.room(panel) : null;
  };
  Object.defineProperty(A, "theStage", { get: () => A.current()?.stage });

  /* Resolves once the page has its tabs; before that nobody can open one. */
  A.tabsDrawn = () => new Promise((drawn) => {
    const there = () => document.querySelector("#tabs [role=tab]") !== null;
    if (there()) return drawn();
    const watching = new MutationObserver(() => {
      if (!there()) return;
      watching.disconnect();
      drawn();
    });
    watching.observe(document, { childList: true, subtree: true });
  });

  A.openTab = (name) => {
    const tab = document.querySelector(`#tabs [role=tab][aria-controls="tab-${name}"]`) ?? inMenu(name);
    tab?.click();
    return A.room(name);
  };

  // On a narrow screen Gradio may move the last tabs into a menu, where only their words tell them apart.
  const inMenu = (name) => [...document.querySelectorAll("#tabs .overflow-dropdown button")].find((button) => button.textContent.trim() === A.say(A.titles[name]));

  /* ---- the tab that was open opens again ---- */

  const TAB = "atelier.tab", PATIENCE = 4000;
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#tabs :is([role=tab], .overflow-dropdown button)")) return;
    A.afterwards(() => { if (A.current()) A.write(TAB, A.current().name); });
  });
  const last = A.read(TAB), page = document.documentElement;
  if (Object.keys(A.titles).indexOf(last) > 0) {
    // Nothing is seen of the first one meanwhile. Tabs are drawn from what has arrived; where nothing comes, they are opened all the same.
    page.dataset.opening = "yes";
    const arrived = new Promise((ready) => { addEventListener("atelier-arrived", ready, { once: true }); setTimeout(ready, PATIENCE); });
    Promise.all([A.tabsDrawn(), arrived]).then(() => {
      A.openTab(last);
      A.afterwards(() => delete page.dataset.opening);
    });
  }

  /* ---- the pictures of this browser, newest first: one list for the strips of all tabs ---- */

  A.recent = [];
  const strips = new Set();
  A.onGather = (act) => strips.add(act);
  A.gather = (pictures) => {
    const fresh = pictures.filter((picture) => !A.recent.some((known) => known.id === picture.id));
    if (fresh.length) A.recent = [...fresh, ...A.recent].slice(0, 24);
    for (const act of strips) act();
  };
  A.ungather = (ids) => {
    A.recent = A.recent.filter((known) => !ids.includes(known.id));
    for (const act of strips) act();
  };
})();
