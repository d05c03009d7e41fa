/* What a lesson is about: the saved one that needs no model, or a picture of the learner's own, with what was painted for it. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});
  const KEY = "atelier.learn.series";

  /* saved: assets/lesson/lesson.json. `own` is what /learn/<id> tells of the learner's picture, null for the saved lesson. */
  T.lesson = (saved) => {
    const version = saved.recipe.revision;
    const painted = A.read(KEY) ?? {};
    const made = new Set(Object.values(painted).flatMap((told) => Object.values(told).flat()));
    const mine = () => painted[lesson.own?.id] ?? {};

    const lesson = {
      saved,
      own: null,
      /* Become the lesson of a picture; of the saved one when it is not here any more. */
      async take(id) {
        lesson.own = null;
        if (!id) return;
        lesson.own = await T.told(`learn/${id}`);
      },
      sheet: (name, index = 0) => ({ src: `atelier/lesson/${name}.webp?v=${version}`, index, count: saved.sheets[name] }),
      picture: () => (lesson.own ? { src: `picture/${lesson.own.id}` } : lesson.sheet("picture")),
      get recipe() { return lesson.own?.recipe ?? saved.recipe; },
      get shape() { return lesson.own ? `${lesson.own.width} / ${lesson.own.height}` : "1"; },
      /* The run's passes, and what each looks like: "noisy", "clean" or "noise". */
      get recorded() { return Boolean(lesson.own?.passes); },
      get run() { return lesson.recorded ? lesson.own : { ...saved.run, prediction_type: saved.prediction_type }; },
      seen: (view, k) => (lesson.recorded ? T.seen(lesson.own.id, view, k) : lesson.sheet(view, k)),
      cells: async (k) => (lesson.recorded ? T.told(`learn/${lesson.own.id}/cells/${k}`) : { ...saved.run, ...saved.run.passes[k] }),
      /* The learner's own pictures of a series, in its order; null until they are painted. */
      painted(series) {
        const pictures = (mine()[series] ?? []).map((id) => A.recent.find((picture) => picture.id === id));
        return lesson.own && pictures.length && pictures.every(Boolean) ? pictures : null;
      },
      /* Pictures that were painted for a lesson. */
      isPainted: (id) => made.has(id),
      note: (ids) => ids.forEach((id) => made.add(id)),
      keep(series, ids) {
        painted[lesson.own.id] = { ...mine(), [series]: ids };
        A.write(KEY, Object.fromEntries(Object.entries(painted).slice(-8)));
      },
    };
    return lesson;
  };

  /* A prompt and its style as one line. */
  T.words = (prompt, style) => [prompt, style].filter((part) => part && part !== "none").join(", ");

  /* What an address tells; null when it tells nothing, or cannot be reached. */
  T.told = async (address) => {
    try {
      const answer = await fetch(address);
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  };

  /* A frame of a run: a rough one at once, the decoder's own when the model is there anyway. */
  T.seen = (id, view, k) => ({ src: `steps/${id}/${view}/${k}?quick=1`, fine: document.querySelector('.top[data-state="ready"]') ? `steps/${id}/${view}/${k}` : "" });

  /* A line under a figure: whose pictures these are, what it costs to have one's own, and how far they are. */
  T.seriesBar = ({ lesson, series, paint, stop }) => {
    const wish = lesson.own.series[series];
    const steps = wish.reduce((sum, one) => sum + one.steps, 0);
    const seconds = lesson.own.seconds_per_step * steps;
    const words = A.make("p", { role: "status" });
    const fill = A.make("span", { class: "fill" });
    const button = A.make("button", { type: "button", class: "quiet-button", on: { click: () => (busy ? stop() : paint(series)) } });
    const node = A.make("div", { class: "learn-series" }, words, A.make("span", { class: "track" }, fill), button);
    let busy = false;
    function idle(line) {
      busy = false;
      node.dataset.busy = "no";
      words.textContent = line;
      button.textContent = lesson.painted(series) ? A.say("Paint mine again") : A.say("Paint mine");
    }
    const cost = () => A.say("{count} pictures, {steps} steps in all, about {time}.", { count: wish.length, steps, time: T.duration(seconds) });
    idle(lesson.painted(series) ? A.say("Your own words, painted for this page.") : `${A.say("Still the lesson's pictures. Your own:")} ${cost()}`);
    return {
      node,
      show(scene) {
        if (scene.state === "refused") return idle(scene.line || `${scene.errors[0].message} ${scene.errors[0].hint}`);
        busy = scene.state === "waiting" || scene.state === "painting";
        if (!busy) return idle(scene.line);
        node.dataset.busy = "yes";
        words.textContent = scene.line;
        fill.style.transform = `scaleX(${scene.progress})`;
        button.textContent = A.say("Cancel");
      },
    };
  };

  T.duration = (seconds) => (seconds < 99.5
    ? A.say("{seconds} s", { seconds: seconds < 9.95 ? Math.max(seconds, 0.1).toFixed(1) : Math.round(seconds) })
    : A.say("{minutes} min", { minutes: Math.round(seconds / 60) }));
})();
