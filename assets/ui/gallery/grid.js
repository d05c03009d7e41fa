/* The grid: pictures in rows as high as each other, days between them. It only draws and moves; what a picture does is told by others.
   A picture keeps its node for as long as it is listed, so nothing flickers when the list changes. */
"use strict";
(() => {
  const A = window.Atelier;
  const ROW = 200;

  const dayOf = (time) => {
    const date = new Date(time), today = new Date();
    const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
    if (days === 0) return A.say("Today");
    if (days === 1) return A.say("Yesterday");
    return date.toLocaleDateString(A.language, { day: "numeric", month: "long", ...(date.getFullYear() === today.getFullYear() ? {} : { year: "numeric" }) });
  };

  /* acts: { open(picture), mark(picture, how), star(picture) } */
  A.galleryGrid = (acts) => {
    const node = A.make("div", { class: "days", role: "list", "aria-label": A.say("Pictures") });
    const tiles = new Map();
    let pictures = [], chosen = new Set();

    function tile(picture) {
      const open = A.make("button", { class: "tile-open", type: "button", tabindex: "-1", on: { click: (event) => {
        if (event.shiftKey) return acts.mark(current(), "to");
        if (event.ctrlKey || event.metaKey || chosen.size) return acts.mark(current(), "one");
        acts.open(current());
      } } });
      const mark = A.make("button", { class: "tile-mark", type: "button", tabindex: "-1", role: "checkbox", on: { click: (event) => acts.mark(current(), event.shiftKey ? "to" : "one") } }, A.icon("check"));
      const star = A.make("button", { class: "tile-star", type: "button", tabindex: "-1", on: { click: () => acts.star(current()) } }, A.icon("star"));
      const made = A.make("div", { class: "gallery-tile", role: "listitem", "data-id": picture.id }, open, mark, star);
      const current = () => pictures.find((one) => one.id === picture.id);
      const ratio = Math.min(Math.max(picture.width / picture.height, 0.4), 3);
      made.style.setProperty("--ratio", ratio);
      made.style.setProperty("--basis", `${Math.round(ROW * ratio)}px`);
      return made;
    }

    function dress(node, picture) {
      const [open, mark, star] = node.children;
      const words = picture.prompt || A.say("untitled");
      const said = [words, picture.facts, picture.starred ? A.say("starred") : "", picture.damaged ? A.say("The file is damaged.") : ""].filter(Boolean).join(" · ");
      open.title = words;
      open.setAttribute("aria-label", said);
      const state = picture.damaged ? "damaged" : "whole";
      if (node.dataset.state !== state) {
        node.dataset.state = state;
        open.replaceChildren(picture.damaged
          ? A.make("span", { class: "tile-note" }, A.say("The file is damaged."))
          : A.make("img", { src: `gallery/${picture.id}/tile`, alt: "", loading: "lazy", decoding: "async" }));
      }
      const marked = chosen.has(picture.id);
      node.classList.toggle("chosen", marked);
      mark.setAttribute("aria-checked", String(marked));
      mark.setAttribute("aria-label", A.say("Select"));
      mark.title = A.say("Select (X)");
      star.setAttribute("aria-pressed", String(picture.starred));
      star.setAttribute("aria-label", A.say("Star"));
      star.title = A.say("Star (S)");
    }

    function draw(list, marked) {
      pictures = list;
      chosen = marked;
      const here = new Set(list.map((picture) => picture.id));
      for (const [id, old] of tiles) if (!here.has(id)) { old.remove(); tiles.delete(id); }
      const groups = [];
      for (const picture of list) {
        const day = dayOf(picture.time);
        if (groups.at(-1)?.day !== day) groups.push({ day, nodes: [] });
        if (!tiles.has(picture.id)) tiles.set(picture.id, tile(picture));
        dress(tiles.get(picture.id), picture);
        groups.at(-1).nodes.push(tiles.get(picture.id));
      }
      node.classList.toggle("choosing", chosen.size > 0);
      const known = new Map([...node.children].map((group) => [group.dataset.day, group]));
      const made = groups.map(({ day, nodes }) => {
        const group = known.get(day) ?? A.make("section", { class: "day", "data-day": day, role: "presentation" }, A.make("h3", {}, day), A.make("div", { class: "tiles", role: "presentation" }));
        place(group.lastChild, nodes);
        return group;
      });
      place(node, made);
      if (!node.querySelector('.tile-open[tabindex="0"]')) node.querySelector(".tile-open")?.setAttribute("tabindex", "0");
    }

    // Only what stands elsewhere is moved: a node that is moved loses the focus.
    function place(parent, nodes) {
      nodes.forEach((one, at) => { if (parent.children[at] !== one) parent.insertBefore(one, parent.children[at] ?? null); });
      while (parent.children.length > nodes.length) parent.lastChild.remove();
    }

    /* ---- moving by keyboard ---- */

    const opens = () => [...node.querySelectorAll(".tile-open")];
    const focused = () => document.activeElement?.closest?.(".gallery-tile");
    function focus(id) {
      const target = tiles.get(id)?.firstChild;
      if (!target) return;
      for (const one of node.querySelectorAll('.tile-open[tabindex="0"]')) one.tabIndex = -1;
      target.tabIndex = 0;
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "nearest" });
    }
    function step(key) {
      const all = opens(), at = all.indexOf(focused()?.firstChild);
      if (at < 0) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (by) return focus(all[Math.min(Math.max(at + by, 0), all.length - 1)].parentElement.dataset.id);
      if (key === "Home" || key === "End") return focus(all.at(key === "Home" ? 0 : -1).parentElement.dataset.id);
      // The nearest in the next row, as the eye sees it.
      const here = all[at].getBoundingClientRect(), middle = here.left + here.width / 2, down = key === "ArrowDown";
      const boxes = all.map((one) => one.getBoundingClientRect());
      const ahead = boxes.filter((box) => (down ? box.top > here.bottom - 4 : box.bottom < here.top + 4));
      if (!ahead.length) return;
      const row = down ? Math.min(...ahead.map((box) => box.top)) : Math.max(...ahead.map((box) => box.top));
      const off = (box) => Math.abs(box.left + box.width / 2 - middle);
      const best = boxes.reduce((best, box, i) => (ahead.includes(box) && Math.abs(box.top - row) < 4 && (best < 0 || off(box) < off(boxes[best])) ? i : best), -1);
      if (best >= 0) focus(all[best].parentElement.dataset.id);
    }
    node.addEventListener("focusin", (event) => {
      const tile = event.target.closest(".gallery-tile");
      if (!tile) return;
      for (const one of node.querySelectorAll('.tile-open[tabindex="0"]')) one.tabIndex = -1;
      tile.firstChild.tabIndex = 0;
    });
    return { node, draw, step, focus, get focused() { return focused()?.dataset.id ?? ""; } };
  };
})();
