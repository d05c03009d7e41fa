/* Runs as the step viewer knows them: a table of numbers for each, asked of the studio; refusals come as words. */
"use strict";
(() => {
  const A = window.Atelier;

  A.refused = async (answer) => {
    const told = await answer.json().catch(() => null);
    return Object.assign(told ?? { message: A.say("This picture is not here any more."), hint: "" }, { status: answer.status });
  };
  A.ask = async (url, options = {}) => {
    let answer;
    try {
      answer = await fetch(url, options);
    } catch {
      throw { message: A.say("The studio does not answer. Trying again."), hint: "", status: 0 };
    }
    if (!answer.ok) throw await A.refused(answer);
    return answer.json();
  };

  /* The table of one run; `picture` is the id of its finished (or stopped) picture, "" while it is being painted. */
  A.tableOf = async (id) => {
    const table = await A.ask(`steps/${encodeURIComponent(id)}`);
    return { ...table, picture: table.state === "running" ? "" : table.id };
  };

  /* What holds at the start, and after the turns taken before a step. */
  A.settingsAt = (run, index) => run.turns.filter((turn) => turn.at <= index).reduce((all, turn) => {
    const { at, seed, change, words, ...changed } = turn;
    return { ...all, ...changed };
  }, run.recipe);

  /* The turns that turn anywhere: those that change something. */
  A.taken = (turns) => turns.filter(({ at, words, change, ...changed }) => change || Object.values(changed).some((one) => one != null));

  /* A setting's value as a person reads it; a turn says from which step on what holds. */
  A.inWords = (value) => {
    if (value == null || value === "") return "–";
    if (!Array.isArray(value)) return typeof value === "number" ? String(Math.round(value * 1e4) / 1e4) : String(value);
    return A.taken(value).map(({ at, ...changed }) => A.say("from step {at}: {changes}", { at,
      changes: Object.entries(changed).filter(([name, one]) => name !== "change" || one).map(([name, one]) => `${A.say(A.labels[name] ?? name)} ${one}`).join(", ") })).join("; ") || "–";
  };

  /* The words of a run: those it began with, and those it went on with. */
  A.titleOf = (run) => [run.recipe.prompt, ...run.turns.map((turn) => turn.prompt)].filter((words, i, all) => words && words !== all[i - 1]).join(" → ");

  /* The words that hold at a step, with their places among them. */
  A.wordsAt = (run, index) => run.turns.filter((turn) => turn.at <= index).reduce((words, turn) => turn.words ?? words, run.words);

  A.factsOf = (run, titles) => {
    const { width, height, seed, guidance_scale: guidance } = run.recipe;
    const { sampler } = run.recipe;
    return [
      `${run.width ?? width} × ${run.height ?? height}`,
      A.say("seed {seed}", { seed }),
      titles[sampler] ?? sampler,
      A.say("guidance {scale}", { scale: guidance }),
      A.say("{steps} steps", { steps: run.at_total }),
      ...(A.taken(run.turns).length ? [A.say("branched at step {places}", { places: A.taken(run.turns).map((turn) => turn.at).join(", ") })] : []),
    ].join(" · ");
  };
})();
