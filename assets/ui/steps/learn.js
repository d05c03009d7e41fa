/* Learn: a guided tour in six chapters, on the learner's own picture and words; a page of papers at its end. Turns the pages and keeps
   the place; what a chapter shows is its own file's business. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  const KEY = "atelier.learn";
  const OFFERED = 6;

  A.learn = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".learn");
    const room = A.room(element);
    const chapters = T.chapters;
    const place = A.read(KEY) ?? {};
    let lesson = null, page = null, bar = null, wanted = place.chapter ?? chapters[0].name, running = null;

    const dots = [...chapters.map(({ name, title }, i) => dot(name, String(i + 1), title())), dot("papers", "", A.say("Papers"))];
    const way = A.make("nav", { class: "learn-way", "aria-label": A.say("Chapters") }, ...dots);
    const source = A.make("div", { class: "learn-source", role: "radiogroup", "aria-label": A.say("Picture of the lesson") });
    const body = A.make("article", { class: "learn-page", tabindex: "-1" });
    const before = A.make("button", { type: "button", class: "quiet-button", on: { click: () => turn(-1) } }, A.icon("left"), A.make("span", {}));
    const after = A.make("button", { type: "button", class: "quiet-button", on: { click: () => turn(1) } }, A.make("span", {}), A.icon("right"));
    root.replaceChildren(A.make("header", { class: "learn-head" }, way, source), body, A.make("footer", { class: "learn-turn" }, before, after));

    function dot(name, number, title) {
      return A.make("button", { type: "button", class: "learn-dot", "data-chapter": name, "aria-label": title, title, on: { click: () => show(name) } }, A.make("i", {}, number), A.make("span", {}, title));
    }

    /* ---- pages ---- */

    const order = () => dots.map((node) => node.dataset.chapter);

    function show(name, { quiet = false } = {}) {
      wanted = order().includes(name) ? name : order()[0];
      A.write(KEY, { ...A.read(KEY), chapter: wanted });
      if (!lesson) return;
      page?.leave?.();
      const at = order().indexOf(wanted);
      dots.forEach((node, i) => {
        node.setAttribute("aria-current", i === at ? "step" : "false");
        node.classList.toggle("passed", i < at);
      });
      label(before, at - 1);
      label(after, at + 1);
      if (wanted === "papers") drawPapers();
      else drawChapter(chapters[at], at);
      if (!quiet && body.getBoundingClientRect().top < 0) root.scrollIntoView({ block: "start" });
    }

    function label(button, at) {
      button.hidden = !dots[at];
      button.setAttribute("aria-label", dots[at]?.title ?? "");
      button.querySelector("span").textContent = dots[at]?.title ?? "";
    }

    function turn(by) {
      const next = order()[order().indexOf(wanted) + by];
      if (next) show(next);
    }

    function drawChapter(chapter, at) {
      body.style.setProperty("--shape", lesson.shape);
      page = chapter.draw(lesson);
      bar = lesson.own && chapter.series && lesson.own.series[chapter.series]
        ? T.seriesBar({ lesson, series: chapter.series, paint, stop })
        : null;
      body.dataset.chapter = chapter.name;
      body.replaceChildren(
        A.make("p", { class: "learn-count" }, A.say("{index} of {total}", { index: at + 1, total: chapters.length })),
        A.make("h2", {}, chapter.title()),
        A.make("p", { class: "learn-plain" }, chapter.plain()),
        A.make("figure", { class: "learn-figure" }, page.figure, A.make("figcaption", {}, chapter.caption(), " ", whose(chapter))),
        ...(bar ? [bar.node] : []),
        ...(page.note ? [A.make("p", { class: "learn-under" }, page.note)] : []),
        A.make("div", { class: "learn-controls" }, ...page.controls),
        A.make("section", { class: "learn-formula", "aria-label": A.say("Equation") }, page.equation,
          A.make("dl", { class: "learn-symbols" }, ...page.symbols.flatMap(([symbol, words, name]) => [A.make("dt", { "data-symbol": name }, symbol), A.make("dd", { "data-symbol": name }, ...[words].flat())]))),
        A.make("p", { class: "learn-ask" }, A.make("b", {}, `${A.say("Try it:")} `), chapter.ask()),
        T.papersLine(chapter.papers));
    }

    function drawPapers() {
      page = bar = null;
      body.dataset.chapter = "papers";
      body.replaceChildren(
        A.make("h2", {}, A.say("Papers")),
        A.make("p", { class: "learn-plain" }, A.say("Everything here was found out by somebody, and written down. In the order of the years:")),
        T.papersPage());
    }

    /* The words of the pictures that are seen: the learner's own, once they are. */
    function whose(chapter) {
      const own = lesson.own && (chapter.series ? lesson.painted(chapter.series) : chapter.name !== "prediction" || lesson.recorded);
      const { prompt, style } = (own ? lesson.own : lesson.saved).recipe;
      return A.make("span", { lang: own ? null : "en" }, `${T.words(prompt, style)}.`);
    }

    /* ---- whose picture ---- */

    function drawSource() {
      // What was painted for a lesson is not what a lesson is about.
      const own = A.recent.filter((picture) => !lesson.isPainted(picture.id)).slice(0, OFFERED);
      const kept = lesson.own && !own.some((picture) => picture.id === lesson.own.id) ? A.recent.filter((picture) => picture.id === lesson.own.id) : [];
      source.replaceChildren(A.make("span", {}, A.say("Picture")), choice("", A.say("The lesson's own picture"), lesson.sheet("picture").src),
        ...[...own, ...kept].map((picture) => choice(picture.id, picture.prompt || A.say("untitled"), `picture/${picture.id}/small`)));
    }
    function choice(id, title, src) {
      return A.make("button", { type: "button", class: "learn-choice", role: "radio", title, "aria-label": title, "data-id": id, "aria-checked": String((lesson.own?.id ?? "") === id), on: { click: () => take(id) } },
        A.make("img", { src, alt: "" }));
    }

    async function take(id) {
      await lesson.take(id);
      A.write(KEY, { ...A.read(KEY), picture: id });
      drawSource();
      show(wanted, { quiet: true });
    }

    /* ---- pictures painted for the lesson ---- */

    function paint(series) {
      if (running) stop();
      running = { series, id: lesson.own.id, runs: [] };
      bar.show({ state: "waiting", line: A.say("Sending"), progress: 0 });
      trigger("select", { id: lesson.own.id, series });
    }
    function stop() {
      trigger("stop", { runs: running?.runs ?? [] });
    }
    function lost() {
      if (!running) return;
      running = null;
      bar?.show({ state: "stopped", line: A.say("The connection broke before the picture was done.") });
    }
    watch("value", () => {
      const scene = props.value;
      if (!scene || !running || scene.series !== running.series || scene.source !== running.id) return;
      running.runs = scene.runs ?? [];
      const pictures = (scene.cells ?? []).map((cell) => cell.picture).filter(Boolean);
      lesson.note(pictures.map((picture) => picture.id));
      A.gather(pictures);
      const here = bar && lesson.own?.id === running.id && chapters.find((chapter) => chapter.name === wanted)?.series === running.series;
      if (scene.state === "done" && pictures.length === scene.cells.length) {
        if (lesson.own?.id === running.id) lesson.keep(running.series, pictures.map((picture) => picture.id));
        running = null;
        return here ? show(wanted, { quiet: true }) : undefined;
      }
      if (!["waiting", "painting"].includes(scene.state)) running = null;
      if (here) bar.show(scene);
    });

    /* ---- keys, and when to begin ---- */

    document.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by || !root.checkVisibility() || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target.closest("input, textarea, select, [role=radiogroup], [role=tablist], .learn-grid, dialog")) return;
      event.preventDefault();
      turn(by);
    });

    /* Where no font has tables for mathematics, the browser sets indices on the line. */
    function lowerIndices() {
      const probe = T.math.line(T.math.sub("x", "0"));
      root.append(A.make("div", { class: "unseen" }, probe));
      const [base, index] = probe.firstChild.children;
      root.classList.toggle("learn-flat", index.getBoundingClientRect().bottom - base.getBoundingClientRect().bottom < 2);
      probe.parentNode.remove();
    }

    let begun = null;
    const begin = () => (begun ??= (async () => {
      const answer = await fetch(drawn.lesson);
      lesson = T.lesson(await answer.json());
      // The newest picture, unless another was chosen that is still here, or the lesson's own.
      const chosen = place.picture === "" || A.recent.some((picture) => picture.id === place.picture);
      await lesson.take(chosen ? place.picture : A.recent.find((picture) => !lesson.isPainted(picture.id))?.id);
      lowerIndices();
      drawSource();
      A.onGather(drawSource);
      show(wanted, { quiet: true });
      room.ready("learn", { show, take, lost });
    })());
    addEventListener("atelier-panel", (event) => { if (event.detail === "learn") begin(); });
    if (room.root.dataset.panel === "learn") begin();
  };
})();
