/* Two runs against each other: the same step of both, their difference, how far they part over the steps, and the settings that differ. */
"use strict";
(() => {
  const A = window.Atelier;
  const VIEWS = [["noisy", "What the computer holds"], ["clean", "What it believes"], ["noise", "The noise it sees"]];

  /* `go(index)` moves the player; `close()` leaves. */
  A.against = ({ go, close, partners }) => {
    const mine = A.plate("a", A.make("span", {}, A.say("This run")));
    const yours = A.plate("b", A.make("span", {}, A.say("The other run")));
    // Blending with "difference" is |A − B| per pixel and colour, exactly, and costs nothing.
    const [under, over] = [A.plate("under", A.make("span", {}, A.say("Their difference"))), A.plate("over", A.make("span"))];
    over.mat.classList.add("plate-over");
    under.mat.append(over.mat);
    under.node.classList.add("plate-difference");
    const switcher = A.make("div", { class: "views", role: "radiogroup", "aria-label": A.say("View") }, ...VIEWS.map(([name, title]) =>
      A.make("button", { type: "button", class: "view", role: "radio", "data-view": name, on: { click: () => { view = name; draw(); } } }, A.say(title))));
    // Where there is no room for three, one at a time.
    const plates = [["a", "This run"], ["b", "The other run"], ["under", "Their difference"]];
    const narrow = A.make("div", { class: "views views-narrow", role: "radiogroup", "aria-label": A.say("Compare") }, ...plates.map(([name, title]) =>
      A.make("button", { type: "button", class: "view", role: "radio", "data-plate": name, on: { click: () => face(name) } }, A.say(title))));
    const trio = A.make("div", { class: "trio" }, mine.node, yours.node, under.node);
    const curve = A.curve({ label: A.say("How far the two are apart"), help: A.say("0: the same; 1.4: strangers. Click to go there."), go });
    curve.node.classList.add("curve-wide");
    const differs = A.make("table", { class: "differs" });
    const quiet = A.make("p", { class: "quiet", role: "status" });
    const choices = A.make("div", { class: "partners", role: "group", "aria-label": A.say("The other picture") });
    const node = A.make("section", { class: "against", hidden: true, "aria-label": A.say("Compare") },
      A.make("div", { class: "against-head" }, A.make("h3", {}, A.say("Compare with")), choices,
        A.make("button", { type: "button", class: "quiet-button", on: { click: () => leave() } }, A.icon("close"), A.say("Close"))),
      quiet, switcher, narrow, trio);
    const foot = A.make("div", { class: "against-foot", hidden: true }, curve.node, differs);
    let run = null, other = null, view = "clean", index = 0, told = null, turn = 0;

    function face(name) {
      trio.dataset.plate = name;
      for (const button of narrow.children) button.setAttribute("aria-checked", String(button.dataset.plate === name));
    }
    face("a");

    function draw(settle = false) {
      for (const button of switcher.children) button.setAttribute("aria-checked", String(button.dataset.view === view));
      if (!run || !other) return;
      // At the end both are finished pictures, whatever the view.
      const there = index >= run.steps.length ? other.steps.length : told.beside[index];
      const pairs = [[mine, run, index], [yours, other, there], [under, run, index], [over, other, there]];
      for (const [plate, whose, at] of pairs) plate.show(A.frameUrl(whose, view, at, true), A.frameUrl(whose, view, at));
      if (settle) for (const [plate] of pairs) plate.settle();
      curve.at(index);
    }

    async function choose(id) {
      const mark = ++turn;
      for (const button of choices.children) button.classList.toggle("here", button.dataset.id === id);
      quiet.textContent = A.say("Comparing");
      try {
        const [table, compared] = await Promise.all([A.tableOf(id), A.ask(`steps/${encodeURIComponent(run.id)}/against/${encodeURIComponent(id)}`)]);
        if (mark !== turn) return;
        [other, told] = [table, compared];
        quiet.textContent = "";
        node.dataset.state = "ready";
        foot.hidden = false;
        const distances = run.steps.map(() => null);
        for (const step of told.steps) distances[step.index] = step.distance;
        curve.draw(distances, run.steps.length);
        differs.replaceChildren(...rows(told.differs));
        draw(true);
      } catch (error) {
        if (mark !== turn) return;
        other = null;
        delete node.dataset.state;
        foot.hidden = true;
        quiet.textContent = `${error.message} ${error.hint ?? ""}`.trim();
      }
    }

    function rows(list) {
      if (!list.length) return [A.make("caption", {}, A.say("All settings are the same."))];
      const cell = (value) => A.make("td", {}, A.inWords(value));
      return [A.make("caption", {}, A.say("What differs")),
        A.make("thead", {}, A.make("tr", {}, A.make("th", {}), A.make("th", { scope: "col" }, A.say("This run")), A.make("th", { scope: "col" }, A.say("The other run")))),
        A.make("tbody", {}, ...list.map(({ field, a, b }) => A.make("tr", {}, A.make("th", { scope: "row" }, A.say(A.labels[field] ?? field)), cell(a), cell(b))))];
    }

    function open(now, wish = "") {
      run = now;
      const others = partners(run);
      node.hidden = false;
      other = null;
      delete node.dataset.state;
      foot.hidden = true;
      choices.replaceChildren(...others.map((picture) => A.make("button", {
        class: "recent", type: "button", "data-id": picture.id, title: picture.prompt || A.say("untitled"), "aria-label": picture.prompt || A.say("untitled"), on: { click: () => choose(picture.id) },
      }, A.make("img", { src: `picture/${picture.id}/small`, alt: "" }))));
      quiet.textContent = others.length ? "" : A.say("There is no other picture of this size yet. Branch from a step first.");
      const first = others.find((picture) => picture.id === wish) ?? others[0];
      if (first) choose(first.id);
    }

    function leave() {
      if (node.hidden) return;
      node.hidden = foot.hidden = true;
      turn++;
      close();
    }

    return { node, foot, open, leave, get opened() { return !node.hidden; }, get other() { return other?.id ?? ""; },
      at(at) { index = at; draw(); }, settle() { if (!node.hidden) draw(true); } };
  };
})();
