/* The gallery: every picture of every tab, newest first. This script knows which pictures are listed and which are chosen; looking for
   them, the grid, one picture whole and what is done to them are drawn by their own. */
"use strict";
(() => {
  const A = window.Atelier;
  const PAGE = 60, AHEAD = "1200px", AGAIN = 1500;

  A.gallery = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".gallery");
    const room = A.room(element);
    let pictures = [], after = "", total = 0, turn = 0, loading = false, stale = false, timer = 0;
    let chosen = new Set(), anchor = "", gone = [];

    /* ---- its parts ---- */

    const grid = A.galleryGrid({ open: (picture) => whole.open(picture), mark, star: (picture) => star([picture.id], !picture.starred) });
    const hunt = A.galleryHunt(drawn.kinds, () => load());
    const toast = A.galleryToast();
    const whole = A.galleryWhole(room, {
      list: () => pictures,
      star: (picture) => star([picture.id], !picture.starred),
      remove: (picture) => remove([picture.id]),
      closed: (id) => grid.focus(id),
      bare: () => A.galleryBare(drawn.cookie),
    });
    const count = A.make("p", { class: "gallery-count", role: "status" });
    const quiet = (id, icon, label, act) => A.make("button", { type: "button", class: "quiet-button", id: `gallery-${id}`, on: { click: act } }, A.icon(icon), A.make("span", {}, A.say(label)));
    const file = A.make("input", { type: "file", accept: "image/png", class: "unseen", tabindex: "-1", "aria-label": A.say("Settings from a file"), on: { change: async () => {
      const [taken] = file.files;
      file.value = "";
      if (taken) await A.importSettings(taken).catch(toast.fail);
    } } });
    const take = quiet("import", "settings", "Settings from a file", () => file.click());
    take.title = A.say("Fill a tab with the settings in a PNG: ours, AUTOMATIC1111's, ComfyUI's or InvokeAI's. Or drop it here.");
    const plain = A.make("div", { class: "gallery-bar", "data-bar": "plain" }, count, A.galleryBare(drawn.cookie), take, file);
    const picked = A.make("p", { class: "gallery-count", role: "status" });
    const compare = quiet("compare", "compare", "Compare", () => A.galleryCompare(...marked()));
    const bar = A.make("div", { class: "gallery-bar", "data-bar": "chosen", role: "toolbar", "aria-label": A.say("Selected pictures") }, picked,
      quiet("star", "star", "Star", () => star([...chosen], !marked().every((one) => one.starred))),
      quiet("zip", "download", "Download ZIP", () => A.galleryPack([...chosen])), compare,
      quiet("delete", "bin", "Delete", () => remove([...chosen])),
      quiet("none", "close", "Clear selection", () => choose(new Set())));
    const note = A.make("p", { class: "gallery-note", role: "status", hidden: true });
    const empty = A.make("div", { class: "gallery-empty", hidden: true });
    const end = A.make("div", { class: "gallery-end", "aria-hidden": "true" });
    root.replaceChildren(hunt.node, A.make("div", { class: "gallery-bars" }, plain, bar), note, empty, grid.node, end);

    const marked = () => pictures.filter((one) => chosen.has(one.id));
    const by = (id) => pictures.find((one) => one.id === id);

    function draw() {
      chosen = new Set(marked().map((one) => one.id));
      grid.draw(pictures, chosen);
      root.dataset.choosing = String(chosen.size > 0);
      count.textContent = total === 1 ? A.say("1 picture") : A.say("{count} pictures", { count: total.toLocaleString(A.language) });
      picked.textContent = A.say("{count} selected", { count: chosen.size });
      compare.toggleAttribute("disabled", chosen.size !== 2);
      compare.title = A.say(chosen.size === 2 ? "Compare these two" : "Select two pictures to compare them");
      const nothing = root.dataset.state === "there" && !pictures.length;
      empty.hidden = !nothing;
      root.dataset.empty = String(nothing && !hunt.asks);
      if (nothing) empty.replaceChildren(...(hunt.asks ? nothingFound() : invitation()));
    }

    const invitation = () => [
      A.make("h2", {}, A.say("Your pictures will gather here.")),
      A.make("p", {}, A.say("Every picture you paint, in every tab, newest first. Look for them by their words, star the best, see what was made from what.")),
      A.make("button", { type: "button", class: "quiet-button", on: { click: () => A.openTab("text_to_image").box()?.focus() } }, A.icon("brush"), A.say("Paint the first one")),
      quiet("import-first", "settings", "Settings from a file", () => file.click()),
      A.make("p", { class: "quiet" }, A.say("Have a PNG with settings in it? Drop it here, and they fill the tab they belong to."))];
    const nothingFound = () => [
      A.make("h2", {}, A.say("Nothing found")),
      A.make("p", {}, A.say("No picture of yours has all of that.")),
      A.make("button", { type: "button", class: "quiet-button", on: { click: () => { hunt.reset(); load(); } } }, A.say("Show all"))];

    /* ---- pages ---- */

    async function page(before = "") {
      const address = hunt.address;
      address.set("limit", PAGE);
      if (before) address.set("before", before);
      return A.galleryAsk(`?${address}`);
    }

    /* The first page again: in place of the list, or, when the same is asked, into it. */
    async function load(merge = false) {
      const mine = ++turn;
      clearTimeout(timer);
      stale = false;
      loading = true;
      try {
        const told = await page();
        if (mine !== turn) return;
        const last = told.pictures.at(-1)?.place ?? "";
        const older = merge && told.after ? pictures.filter((one) => one.place < last) : [];
        pictures = [...told.pictures, ...older];
        if (!older.length) after = told.after;
        total = told.total;
        if (!merge) scrollUp();
        root.dataset.state = told.whole || pictures.length ? "there" : "looking";
        note.hidden = told.whole;
        if (!told.whole) {
          note.textContent = A.say("Looking through your pictures, {count} so far", { count: told.found.toLocaleString(A.language) });
          timer = setTimeout(() => load(true), AGAIN);
        }
        draw();
        if (!merge) hunt.offer(await A.galleryAsk("/names"));
      } catch (error) {
        if (mine !== turn) return;
        note.hidden = false;
        note.textContent = `${error.message} ${error.hint ?? ""}`.trim();
        timer = setTimeout(() => load(true), 2 * AGAIN);
      } finally {
        if (mine === turn) { loading = false; fill(); }
      }
    }

    async function more() {
      if (loading || !after) return;
      const mine = turn;
      loading = true;
      try {
        const told = await page(after);
        if (mine !== turn) return;
        pictures = [...pictures, ...told.pictures];
        after = told.after;
        draw();
      } catch (error) {
        toast.fail(error);
        after = "";
      } finally {
        if (mine === turn) { loading = false; fill(); }
      }
    }

    // A page may be too short to push the end out of sight.
    const near = () => end.getBoundingClientRect().top < innerHeight + parseInt(AHEAD, 10);
    const fill = () => requestAnimationFrame(() => { if (room.open && after && near()) more(); });
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) more(); }, { rootMargin: AHEAD }).observe(end);
    // Whenever the tab is opened again, others may have painted, starred, deleted.
    let seenOnce = false;
    new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) { stale = seenOnce; return; }
      if (stale) load(true);
      seenOnce = true;
    }).observe(root);
    const scrollUp = () => { if (grid.node.getBoundingClientRect().top < 0) root.scrollIntoView(); };

    /* ---- choosing ---- */

    function mark(picture, how) {
      const next = new Set(chosen);
      if (how === "to" && anchor) {
        const [from, to] = [anchor, picture.id].map((id) => pictures.findIndex((one) => one.id === id)).sort((a, b) => a - b);
        for (const one of pictures.slice(Math.max(from, 0), to + 1)) next.add(one.id);
      } else if (!next.delete(picture.id)) next.add(picture.id);
      anchor = picture.id;
      choose(next);
    }

    function choose(next) {
      chosen = next;
      draw();
    }

    /* ---- doing ---- */

    async function star(ids, on) {
      try {
        const told = await A.galleryAsk("/star", { ids, on });
        for (const id of told.ids) if (by(id)) by(id).starred = on;
        if (whole.shown && told.ids.includes(whole.shown.id)) { whole.shown.starred = on; whole.dress(); }
        draw();
      } catch (error) { toast.fail(error); }
    }

    async function remove(ids, starred = false) {
      if (!ids.length) return;
      const held = ids.filter((id) => by(id)?.starred || (whole.shown?.id === id && whole.shown.starred)).length;
      if (held && !starred) return sure(ids, A.say("{count} of them are starred.", { count: held }));
      try {
        const { ids: done } = await A.galleryAsk("/delete", { ids, starred });
        const at = pictures.findIndex((one) => one.id === done[0]);
        const focused = grid.focused;
        pictures = pictures.filter((one) => !done.includes(one.id));
        total = Math.max(0, total - done.length);
        gone = done;
        draw();
        A.ungather(done);
        const left = pictures[Math.min(Math.max(at, 0), pictures.length - 1)];
        if (whole.shown && done.includes(whole.shown.id)) whole.gone(left);
        else if (focused && left) grid.focus(left.id);
        const said = done.length === 1 ? A.say("Deleted. It stays in the trash for 30 days.") : A.say("{count} deleted. They stay in the trash for 30 days.", { count: done.length });
        toast.say(said, A.say("Undo"), undo);
        fill();
      } catch (error) {
        // Starred meanwhile, in another window.
        if (error.status === 409) await sure(ids, error.message);
        else toast.fail(error);
      }
    }

    async function sure(ids, why) {
      const question = ids.length === 1 ? A.say("This picture is starred. Delete it all the same?") : `${why} ${A.say("Delete them all the same?")}`;
      if (await A.galleryConfirm(question, A.say("Delete"))) await remove(ids, true);
    }

    async function undo() {
      if (!gone.length) return;
      const ids = gone;
      gone = [];
      try {
        const told = await A.galleryAsk("/restore", { ids });
        await load(true);
        A.gather(told.pictures);
        toast.say(A.say("Brought back."));
        if (whole.shown) return;
        grid.focus(told.ids[0] ?? "");
      } catch (error) { toast.fail(error); }
    }

    /* ---- keys ---- */

    root.addEventListener("keydown", (event) => {
      if (event.target === hunt.words) {
        if (event.key === "ArrowDown" || event.key === "Enter") { grid.focus(pictures[0]?.id); event.preventDefault(); }
        return;
      }
      if (event.target.closest("select, input")) return;
      const command = event.ctrlKey || event.metaKey;
      const id = grid.focused, ids = chosen.size ? [...chosen] : id ? [id] : [];
      if (command && event.key === "a" && id) choose(new Set(pictures.map((one) => one.id)));
      else if (command && event.key === "z") undo();
      else if (command || event.altKey) return;
      else if (event.key === "Escape" && chosen.size) choose(new Set());
      else if (event.key === "Delete" && ids.length) remove(ids);
      else if (!id) return;
      else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") grid.step(event.key);
      else if (event.key.toLowerCase() === "s") star(ids, !ids.every((one) => by(one)?.starred));
      else if (event.key.toLowerCase() === "x") mark(by(id), event.shiftKey ? "to" : "one");
      else return;
      event.preventDefault();
    });

    /* ---- others paint meanwhile ---- */

    let newest = A.recent[0]?.id;
    A.onGather(() => {
      if (A.recent[0]?.id === newest) return;
      newest = A.recent[0]?.id;
      if (room.open) load(true);
      else stale = true;
    });
    load();
    room.ready("gallery", { open: (picture) => whole.open(picture), fail: toast.fail, get pictures() { return pictures; } });
  };
})();
