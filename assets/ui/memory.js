/* What this browser keeps besides words: pictures and masks, in its own database. In a private window there may be none; then not. */
"use strict";
(() => {
  const A = window.Atelier;

  const database = new Promise((ready) => {
    try {
      const opening = indexedDB.open("atelier", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
      opening.onsuccess = () => ready(opening.result);
      opening.onerror = () => ready(null);
    } catch { ready(null); }
  });

  async function ask(mode, act) {
    const store = (await database)?.transaction("kept", mode).objectStore("kept");
    if (!store) return null;
    return new Promise((ready) => {
      const answer = act(store);
      answer.onsuccess = () => ready(answer.result ?? null);
      answer.onerror = () => ready(null);
    });
  }

  A.keep = (key, value) => ask("readwrite", (store) => store.put(value, key));
  A.kept = (key) => ask("readonly", (store) => store.get(key));
  A.forget = (key) => ask("readwrite", (store) => store.delete(key));
})();
