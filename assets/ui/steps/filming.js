/* Films: fetched to be kept; and of a run, a menu of the files it can be taken home as. */
"use strict";
(() => {
  const A = window.Atelier;

  /* Fetches a film and gives it to the browser to keep; while another one is being made, says so and asks again. */
  A.takeFilm = async (address, say) => {
    say(A.say("Making the file"));
    try {
      let answer = await fetch(address);
      while (answer.status === 503) {
        say(A.sentence(await answer.json()));
        await new Promise((go) => setTimeout(go, 1000 * (Number(answer.headers.get("retry-after")) || 2)));
        answer = await fetch(address);
      }
      if (answer.status !== 200) throw await answer.json();
      const name = answer.headers.get("content-disposition")?.match(/filename="(.+)"/)?.[1] ?? "film";
      const link = A.make("a", { href: URL.createObjectURL(await answer.blob()), download: name });
      link.click();
      say("");
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    } catch (error) {
      say(error.hint === undefined ? A.say("The studio does not answer.") : A.sentence(error));
    }
  };

  A.filmMenu = (tool, run) => {
    const kinds = [["gif", A.say("Animated GIF")], ["webp", A.say("Animated WebP")], ["png", A.say("Strip of pictures")]];
    const items = kinds.map(([kind, label]) => A.make("a", { role: "menuitem", class: "menu-item", "data-kind": kind, download: true, on: { click: take } }, label));
    const menu = A.make("div", { class: "menu menu-below", role: "menu", "aria-label": A.say("Export"), hidden: true }, ...items);
    const button = tool("film", "download", "Export", () => toggle(menu.hidden));
    button.setAttribute("aria-haspopup", "menu");
    const told = A.make("p", { class: "menu menu-below menu-told", role: "status", hidden: true });
    const node = A.make("div", { class: "menu-place" }, button, menu, told);

    function take(event) {
      event.preventDefault();
      toggle(false);
      A.takeFilm(event.currentTarget.href, (sentence) => {
        told.textContent = sentence;
        told.hidden = !sentence;
      });
    }

    function toggle(open) {
      menu.hidden = !open;
      if (open) told.hidden = true;
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
