/* The film of a run: a menu of the files it can be taken home as. */
"use strict";
(() => {
  const A = window.Atelier;

  A.filmMenu = (tool, run) => {
    const kinds = [["gif", A.say("Animated GIF")], ["webp", A.say("Animated WebP")], ["png", A.say("Strip of pictures")]];
    const items = kinds.map(([kind, label]) => A.make("a", { role: "menuitem", class: "menu-item", "data-kind": kind, download: true, on: { click: () => toggle(false) } }, label));
    const menu = A.make("div", { class: "menu menu-below", role: "menu", "aria-label": A.say("Export"), hidden: true }, ...items);
    const button = tool("film", "download", "Export", () => toggle(menu.hidden));
    button.setAttribute("aria-haspopup", "menu");
    const node = A.make("div", { class: "menu-place" }, button, menu);

    function toggle(open) {
      menu.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (!open) return;
      for (const item of items) item.href = `steps/${encodeURIComponent(run().id)}/film?kind=${item.dataset.kind}`;
      items[0].focus();
    }
    node.addEventListener("keydown", (event) => {
      if (menu.hidden || event.key !== "Escape") return;
      toggle(false);
      button.focus();
      event.stopPropagation();
    });
    node.addEventListener("focusout", (event) => { if (!node.contains(event.relatedTarget)) toggle(false); });
    toggle(false);
    node.button = button;
    return node;
  };
})();
