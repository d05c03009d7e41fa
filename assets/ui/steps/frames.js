/* Frames of a run: where each one lies, and a plate that shows them. A frame is decoded before it takes the place of the last one, so
   nothing flickers; while many are wanted at once a plate shows as many as arrive, and ends with the last one wanted. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEPT = 96;

  /* Address of a frame; after the last pass there is the delivered picture itself, byte for byte. */
  A.frameUrl = (run, view, index, quick = false) => {
    if (index >= run.steps.length && view !== "change") return run.picture && view !== "noise" ? `picture/${run.picture}` : "";
    // What has changed is known without the model.
    return `steps/${encodeURIComponent(run.id)}/${view}/${index}${quick && view !== "change" ? "?quick=1" : ""}`;
  };

  A.plate = (view, caption) => {
    const cache = new Map();
    const place = A.make("div", { class: "plate-place" });
    const empty = A.make("p", { class: "plate-blank" });
    const mat = A.make("div", { class: "plate-mat", role: "img", "aria-label": caption.textContent }, place, empty);
    const node = A.make("figure", { class: "plate", "data-view": view }, mat, A.make("figcaption", {}, caption));
    let wanted = null, shown = "", busy = false;

    async function load(url) {
      const known = cache.get(url);
      if (known) return known;
      const image = new Image();
      image.alt = "";
      image.src = url;
      await image.decode();
      cache.set(url, image);
      if (cache.size > KEPT) cache.delete(cache.keys().next().value);
      return image;
    }

    const has = (url) => cache.has(url);

    async function pump() {
      if (busy) return;
      busy = true;
      while (wanted && wanted.quick !== shown && wanted.full !== shown) {
        const { quick, full } = wanted;
        const url = has(full) || !quick ? full : quick;
        try {
          put(url, await load(url), url !== full);
        } catch {
          if (wanted?.full === full) put("", null);
          break;
        }
      }
      busy = false;
    }

    function put(url, image, rough) {
      shown = url;
      place.replaceChildren(...(image ? [image] : []));
      mat.dataset.state = image ? (rough ? "quick" : "full") : "blank";
      mat.dataset.shown = url;
    }

    return {
      node, mat, view,
      /* Show a frame: the quick one at once, unless the full one is here. "" leaves the plate blank. */
      show(quick, full) {
        empty.textContent = "";
        wanted = full ? { quick, full } : null;
        if (!full) return put("", null);
        // What is at hand is shown within the same frame of the screen, all plates together.
        const here = has(full) ? full : has(quick) ? quick : "";
        if (here) return shown === here ? undefined : put(here, cache.get(here), here !== full);
        pump();
      },
      /* Replace a quick frame by its full one. */
      async settle() {
        const mine = wanted;
        if (!mine || shown === mine.full) return;
        try {
          const image = await load(mine.full);
          if (wanted === mine) put(mine.full, image, false);
        } catch { /* the quick one stays */ }
      },
      ahead: (url) => load(url).catch(() => {}),
      say(text) { empty.textContent = text; put("", null); wanted = null; },
      clear() { cache.clear(); wanted = null; put("", null); },
    };
  };
})();
