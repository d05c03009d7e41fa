/* Reverse: a run, step by step: seen, explained, branched, resumed, compared. This script knows which run is open and what is going on
   with it; the figure, the player, the curves and the drawers are drawn by their own. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEY = "atelier.reverse";
  const POLL = 300, ACTIVE = ["waiting", "painting"];

  A.reverse = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".reverse");
    const room = A.room(element);
    A.labels = drawn.labels;
    const kept = { parents: {}, ...A.read(KEY) };
    const titles = Object.fromEntries(drawn.turn.find((field) => field.name === "sampler").choices.map(({ name, title }) => [name, title]));
    const shown = () => room.open && room.root.dataset.panel === "reverse";
    let run = null, turn = 0, timer = 0, following = false, own = null, lostSight = 0;

    /* ---- its parts ---- */

    const title = A.make("h2", { class: "run-title" });
    const facts = A.make("p", { class: "run-facts" });
    const tool = (name, icon, label, act) => A.make("button", { class: "tool", type: "button", id: `reverse-${name}`, title: A.say(label), "aria-label": A.say(label), on: { click: act } }, A.icon(icon), A.make("span", {}, A.say(label)));
    const branchTool = tool("branch", "branch", "Branch", () => drawer("branch"));
    const againstTool = tool("compare", "compare", "Compare", () => drawer("against"));
    const wordsTool = tool("words", "words", "Word map", () => drawer("words"));
    const starTool = tool("star", "star", "Star", () => star());
    const film = A.filmMenu(tool, () => run);
    const tools = A.make("div", { class: "tools", role: "toolbar", "aria-label": A.say("This run") }, branchTool, againstTool, wordsTool, film, starTool);
    const words = A.make("span", { class: "line-words", role: "status" });
    const act = A.make("button", { type: "button", class: "quiet-button", id: "reverse-act" });
    const stop = A.make("button", { type: "button", class: "quiet-button", id: "reverse-cancel", hidden: true, on: { click: () => cancel() } }, A.say("Cancel"), A.make("kbd", {}, "Esc"));
    const line = A.make("div", { class: "line run-line" }, facts, words, act, stop);

    const figure = A.figureOf();
    const player = A.player({ awake: () => shown() && run?.steps.length, move: (index) => at(index), rest: (index) => rest(index) });
    const curves = A.curvesOf((index) => player.by(index));
    const branch = A.branch(drawn.turn, (change) => begin({ act: "branch", id: run.id, turn: change }));
    const against = A.against({
      go: (index) => player.by(index), close: () => drawer(""),
      partners: (mine) => A.recent.filter((other) => other.id !== mine.picture && other.width === mine.width && other.height === mine.height),
    });
    const wordmap = A.wordmap(figure.clean.mat);
    const drawers = { branch: branch.node, against: against.node, words: wordmap.node };
    const start = A.startOf(drawn.examples, begin);
    const strip = A.make("div", { class: "strip", role: "group", "aria-label": A.say("Recent pictures") });
    const body = A.make("div", { class: "run" },
      A.make("header", { class: "run-head" }, title, tools), line,
      A.make("div", { class: "run-sight" }, figure.node, against.node), player.node,
      A.make("div", { class: "drawer" }, branch.node, wordmap.node, against.foot), curves.node);
    root.replaceChildren(start.node, body, strip);
    root.dataset.state = "empty";

    /* ---- opening ---- */

    async function open(id, wish = {}) {
      const mine = ++turn;
      clearTimeout(timer);
      let table;
      try {
        table = await A.tableOf(id);
      } catch (error) {
        if (mine === turn) absent(id, error);
        return;
      }
      if (mine !== turn) return;
      const fresh = run?.id !== table.id;
      run = table;
      lostSight = 0;
      if (fresh) { player.pause(); drawer(""); }
      remember(wish.index ?? null);
      following = wish.follow ?? (run.state === "running" && wish.index == null);
      draw(fresh);
      const last = player.last;
      player.go(wish.play ? 0 : wish.index ?? (following ? last : fresh ? last : player.index), !wish.play);
      if (wish.play && !matchMedia("(prefers-reduced-motion: reduce)").matches) player.start();
      if (run.state === "running") timer = setTimeout(grow, POLL);
      else if (run.steps.length) figure.warm();
      drawStrip();
      if (wish.against && root.dataset.drawer !== "against") drawer("against", wish.against);
    }

    /* A run that is being painted grows; scrubbing back works meanwhile. */
    async function grow() {
      const mine = turn;
      try {
        const table = await A.tableOf(run.id);
        if (mine !== turn) return;
        // The same name now leads to the picture it became.
        if (table.state !== "running") return open(table.id, { index: following ? undefined : player.index });
        lostSight = 0;
        const more = table.steps.length > run.steps.length;
        const newest = player.index >= player.last;
        run = table;
        draw(false);
        if (more && following && newest) player.go(player.last);
      } catch (error) {
        if (mine !== turn) return;
        if (error.status === 404 && ++lostSight > 8) return absent(run.id, error);
      }
      timer = setTimeout(grow, POLL);
    }

    function absent(id, error) {
      if (run?.id === id || !run) {
        run = null;
        root.dataset.state = "empty";
        start.say(kept.id === id ? `${error.message} ${error.hint ?? ""}`.trim() : "");
      } else words.textContent = `${error.message} ${error.hint ?? ""}`.trim();
    }

    function draw(fresh) {
      const { steps, state } = run;
      root.dataset.state = steps.length ? "open" : "bare";
      root.dataset.run = state;
      title.textContent = A.titleOf(run) || A.say("untitled");
      facts.textContent = A.factsOf(run, titles);
      const total = Math.max(run.at_total, steps.length, 1);
      const last = Math.max(0, state === "running" ? steps.length - 1 : steps.length);
      player.extent({ made: steps.length, total, last, turns: run.turns.map((one) => one.at), covered: steps[0]?.alpha_bar > 0.02 });
      figure.open(run, fresh);
      curves.draw(steps, total);
      if (fresh) { wordmap.open(run); branch.fill(A.settingsAt(run, steps.length)); }
      starTool.setAttribute("aria-pressed", String(Boolean(run.starred)));
      for (const one of [branchTool, againstTool, starTool, film.button]) one.toggleAttribute("disabled", state === "running" || !steps.length);
      wordsTool.toggleAttribute("disabled", state === "running" || !steps.length || !run.words.length);
      tell();
    }

    /* What can be said and done about the whole run. */
    function tell() {
      const { state, steps, at_total: total } = run;
      const busy = own && ACTIVE.includes(own.state);
      const offers = {
        stopped: [A.say("Stopped at step {index} of {total}.", { index: steps.length, total }), A.say("Go on from step {index}", { index: steps.length }), "resume"],
        dropped: [run.problem?.message, A.say("Make it again"), "again"],
        damaged: [run.problem?.message, A.say("Make it again"), "again"],
      };
      const [text, label, wish] = offers[state] ?? ["", "", ""];
      words.textContent = busy ? own.line : state === "running" ? A.say("Painting, step {index} of {total}", { index: steps.length, total }) : text;
      line.dataset.tone = "";
      act.hidden = !label || busy || (wish === "again" && !run.again);
      act.textContent = label;
      act.onclick = () => begin({ act: wish, id: run.id });
      stop.hidden = !(busy || state === "running");
    }

    /* ---- moving ---- */

    function at(index) {
      if (!run) return;
      // Moving back stops following; moving to the newest step follows again.
      if (run.state === "running") following = index >= player.last;
      figure.at(index);
      curves.at(index);
      wordmap.at(index);
      if (against.opened) against.at(index);
      const step = run.steps[index];
      branch.at(index, A.settingsAt(run, index), { open: step?.open, left: run.at_total - index, busy: Boolean(own && ACTIVE.includes(own.state)) });
    }

    function rest(index) {
      if (!run) return;
      // What is open at its end opens at its end again, however many steps it has by then.
      remember(index >= player.last ? null : index);
      // While painting, the device has better things to do than decode what is gone in a moment.
      if (run.state === "running" && following) return;
      figure.settle(index);
      wordmap.settle();
      against.settle();
    }

    function remember(index) {
      Object.assign(kept, { id: run.id, index });
      A.write(KEY, kept);
    }

    /* ---- drawers ---- */

    function drawer(name, wish = "") {
      const next = root.dataset.drawer === name ? "" : name;
      if (next !== "against") against.leave();
      if (next !== "words") wordmap.close();
      root.dataset.drawer = next;
      for (const [one, node] of Object.entries(drawers)) node.hidden = one !== next;
      for (const [one, button] of [["branch", branchTool], ["against", againstTool], ["words", wordsTool]]) button.setAttribute("aria-pressed", String(one === next));
      if (!run || !next) return;
      if (next === "branch") { branch.fill(A.settingsAt(run, player.index)); at(player.index); }
      if (next === "against") { against.open(run, wish || kept.parents[run.picture]); against.at(player.index); }
      // The clean estimate is what the map lies over.
      if (next === "words") { figure.choose("clean"); if (player.index >= run.steps.length) player.by(run.steps.length - 1); }
    }

    async function star() {
      const on = starTool.getAttribute("aria-pressed") !== "true";
      try {
        await A.ask(`steps/${encodeURIComponent(run.id)}/star?on=${on ? 1 : 0}`, { method: "POST" });
        run.starred = on;
        starTool.setAttribute("aria-pressed", String(on));
        words.textContent = on ? A.say("Starred: its steps are kept.") : "";
      } catch (error) {
        words.textContent = error.message;
      }
    }

    /* ---- painting from here ---- */

    function begin(wish) {
      if (own && ACTIVE.includes(own.state)) return;
      own = { state: "waiting", line: A.say("Sending"), act: wish.act, of: wish.id ?? "", run: "", opened: false };
      start.busy(true);
      if (run) tell();
      trigger("select", wish);
    }

    function scene(now) {
      if (!now?.state || !own) return;
      if (now.state === "refused") return refused(now.errors[0]);
      Object.assign(own, { run: now.run, state: now.state, line: now.line });
      start.say(now.line);
      const [cell] = now.cells;
      if (ACTIVE.includes(now.state)) {
        if (!own.opened && cell.progress > 0) { own.opened = true; open(`run:${now.run}`); }
        return run && tell();
      }
      finished(cell, now.line);
    }

    function finished(cell, said) {
      const { act: did, of, opened, run: painted } = own;
      start.busy(false);
      own = null;
      if (!cell.picture) return unpainted(of, opened && run?.id === `run:${painted}`, said);
      const { id } = cell.picture;
      if (did === "branch") kept.parents[id] = of;
      start.say("");
      A.gather([cell.picture]);
      // Who has gone to another picture meanwhile, or scrubbed back, stays there.
      if (opened && ![`run:${painted}`, id].includes(run?.id)) return run && tell();
      const back = opened && run?.state === "running" && !following;
      open(id, { index: back ? player.index : undefined, against: did === "branch" && cell.state === "done" ? of : "" });
    }

    /* Nothing came of it: back to the picture it was to begin from, with the reason. */
    async function unpainted(of, watching, said) {
      if (watching && of) await open(of);
      else if (watching) leave();
      if (!run) return start.say(said);
      line.dataset.tone = "error";
      words.textContent = said;
    }

    function refused(error) {
      const { act: did } = own;
      own = null;
      start.busy(false);
      const text = `${error.message} ${error.hint ?? ""}`.trim();
      if (run) tell();
      if (did === "branch") return branch.refuse(error);
      if (!run) return start.say(text);
      line.dataset.tone = "error";
      words.textContent = text;
    }

    function cancel() {
      const id = own?.run || (run?.state === "running" ? run.id.replace("run:", "") : "");
      if (!id) return;
      words.textContent = A.say("Stopping after this step");
      trigger("stop", { run: id });
    }

    function lost() {
      if (!own) return;
      own = null;
      start.busy(false);
      if (run) tell();
      (run ? line : start.node).dataset.tone = "error";
      const text = A.say("The connection broke before the picture was done.");
      if (run) words.textContent = text;
      else start.say(text);
    }
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown() && !document.querySelector("dialog[open]")) cancel(); });

    /* ---- the strip ---- */

    function drawStrip() {
      const here = run?.picture;
      const fresh = A.make("button", { type: "button", class: "recent recent-new", title: A.say("Paint a new one"), "aria-label": A.say("Paint a new one"), on: { click: () => leave() } }, A.icon("plus"));
      strip.replaceChildren(...(run ? [fresh] : []), ...A.recent.map((picture) => A.make("button", {
        class: `recent${picture.id === here ? " here" : ""}`, type: "button", "data-id": picture.id, title: picture.prompt || A.say("untitled"),
        "aria-label": `${A.say("See how it came to be")}: ${picture.prompt || A.say("untitled")}`, on: { click: () => open(picture.id, { play: true }) },
      }, A.make("img", { src: `picture/${picture.id}/small`, alt: "", loading: "lazy", style: `aspect-ratio: ${picture.width} / ${picture.height}` }))));
    }

    function leave() {
      turn++;
      clearTimeout(timer);
      player.pause();
      drawer("");
      run = null;
      root.dataset.state = "empty";
      start.say("");
      drawStrip();
    }

    drawer("");
    drawStrip();
    A.onGather(drawStrip);
    watch("value", () => scene(props.value));
    if (kept.id) open(kept.id, { index: kept.index ?? undefined });
    room.ready("reverse", { open: (id) => open(id, { play: !id.startsWith("run:") }), lost, get run() { return run; }, get index() { return player.index; } });
  };
})();
