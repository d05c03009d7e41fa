/* The branch: from the step in view on, other words or another way. Its fields are drawn from the notes of a turn (studio/core/turn.py). */
"use strict";
(() => {
  const A = window.Atelier;
  const LONG = ["prompt", "negative_prompt"];
  const WORDS = 19;
  const STEP = 0.05;

  /* `paint(turn)` starts the branch; a field left as it was is left out of the turn. */
  A.branch = (fields, paint) => {
    const boxes = {};
    const drawn = fields.filter((field) => field.name !== "at").map(field);
    const cost = A.make("p", { class: "branch-cost", role: "status" });
    const button = A.make("button", { type: "submit", class: "primary-button" }, A.say("Branch here"));
    const wrong = A.make("p", { class: "field-error", role: "alert", hidden: true });
    const node = A.make("form", { class: "branch", on: { submit: (event) => { event.preventDefault(); send(); } } },
      A.make("div", { class: "branch-fields" }, ...drawn),
      A.make("div", { class: "branch-foot" }, cost, button), wrong);
    // A slider rounds what it is given: `filled` is what each box made of the value that holds, and a box that still says so is untouched.
    const filled = {};
    let holds = {}, at = 0;

    function field({ name, label, help, minimum, maximum, choices }) {
      const id = `branch-${name}`;
      const shared = { id, name, "aria-describedby": `${id}-help` };
      let box, beside = null;
      if (choices) box = A.make("select", shared, ...choices.map((choice) => A.make("option", { value: choice.name }, A.say(choice.title))));
      else if (LONG.includes(name)) box = A.make("textarea", { ...shared, rows: name === "prompt" ? 2 : 1, maxlength: maximum });
      else if (name === "seed") box = A.make("input", { ...shared, inputmode: "numeric", placeholder: A.say("as it would have been"), maxlength: WORDS });
      else {
        beside = A.make("output", { class: "branch-value" });
        box = A.make("input", { ...shared, type: "range", min: minimum, max: maximum, step: STEP, on: { input: () => { beside.textContent = touched(name) ? +box.value : holds[name]; } } });
      }
      boxes[name] = { box, beside };
      return A.make("div", { class: "branch-field", "data-field": name },
        A.make("label", { for: id }, A.say(label), beside), box, A.make("p", { class: "help", id: `${id}-help` }, A.say(help)));
    }

    const touched = (name) => boxes[name].box.value !== filled[name];

    function set(name) {
      const { box, beside } = boxes[name];
      box.value = holds[name] ?? "";
      filled[name] = box.value;
      if (beside) beside.textContent = holds[name] ?? "";
    }

    function turn() {
      const values = { at };
      for (const [name, { box }] of Object.entries(boxes)) {
        if (!touched(name)) continue;
        const typed = box.value.trim();
        if (name !== "seed") values[name] = box.type === "range" ? +box.value : box.value;
        else if (typed) values.seed = /^-?\d{1,30}$/.test(typed) ? Number(typed) : typed;
      }
      return values;
    }

    /* A turn's own seed and fresh noise are its own: the next one begins with none. */
    const settings = (now) => ({ ...now, seed: "", change: 0 });

    function send() {
      if (button.disabled) return;
      refuse(null);
      paint(turn());
    }

    function refuse(error) {
      for (const { box } of Object.values(boxes)) box.removeAttribute("aria-invalid");
      wrong.hidden = !error;
      if (!error) return;
      wrong.textContent = `${error.message} ${error.hint ?? ""}`.trim();
      const box = boxes[error.field]?.box;
      (box ? box.closest(".branch-field") : node).append(wrong);
      box?.setAttribute("aria-invalid", "true");
      box?.focus();
    }

    return {
      node, refuse,
      /* Begin anew, with the settings that hold where the branch would leave. */
      fill(now) {
        holds = settings(now);
        Object.keys(boxes).forEach(set);
        refuse(null);
      },
      /* Where the branch would leave: the settings that hold there, how open the picture still is, and what it costs. */
      at(index, now, { open, left, busy }) {
        at = index;
        const untouched = Object.keys(boxes).filter((name) => !touched(name));
        holds = settings(now);
        untouched.forEach(set);
        const share = open == null ? null : Math.round(100 * open);
        cost.textContent = [
          share == null ? "" : A.say("At this step {share} % of the picture is still open.", { share }),
          A.say("A branch from step {index} costs {left} steps.", { index, left }),
        ].filter(Boolean).join(" ");
        button.disabled = busy || left < 1;
        button.textContent = left < 1 ? A.say("Go back to an earlier step to branch") : A.say("Branch here");
      },
    };
  };
})();
