/* The live switch: while it is on, the picture is painted anew each time words or settings have rested for a moment.
   One at a time: a newer wish stops the sketch under way and follows it. A sketch that has rested is painted once more, to be kept. */
"use strict";
(() => {
  const A = window.Atelier;
  const PAUSE = 250, REST = 1000, PATIENCE = 500;
  const WAY = ["waiting", "painting"];

  A.live = (element, props, trigger, watch) => {
    const root = element.querySelector(".live");
    const room = A.room(element);
    const help = A.make("span", { class: "live-help", id: room.id("live-help") },
      A.say("Paints while you write, in four quick steps. Paint makes the same picture, finer."));
    const box = A.make("input", { type: "checkbox", role: "switch", class: "unseen", "aria-describedby": help.id, on: { change: () => turn() } });
    const other = A.make("button", { class: "quiet-button", type: "button", hidden: true, on: { click: () => ask("another") } }, A.icon("loop"), A.say("Another"));
    const track = A.make("span", { class: "live-track", "aria-hidden": "true" });
    root.replaceChildren(A.make("label", { class: "live-switch" }, box, track, A.make("span", {}, A.say("Live"))), help, other);

    let way = "";  // what is under way: "", "sketch" or "keep"
    let run = "", mine = "", wish = "", seed = "";
    let again = false;
    let pausing = 0, resting = 0, waiting = 0;

    const ask = (what) => { wish = what; trigger("input"); };

    function turn() {
      other.hidden = !box.checked;
      help.hidden = box.checked;
      clearTimeout(pausing);
      clearTimeout(resting);
      if (box.checked) stir();
      else {
        again = false;
        stop();
        ask("off");
      }
    }

    /* Something changed: what is painted now is no longer wished for. */
    function stir(now = seed) {
      seed = now ?? "";
      clearTimeout(pausing);
      clearTimeout(resting);
      if (box.checked) pausing = setTimeout(go, PAUSE);
    }

    function go() {
      if (!box.checked || room.stage.active) return;
      // Without a seed every picture would be another one: the field gets one, and that is a change.
      if (!String(seed).trim()) return ask("seed");
      if (way) {
        again = true;
        return stop();
      }
      send("sketch");
    }

    function send(what) {
      way = what;
      run = "";
      trigger(what === "sketch" ? "submit" : "select");
    }

    function stop() {
      if (way === "sketch" && run) trigger("stop", { run });
    }

    function draw(scene) {
      if (!scene?.state || !way) return;
      run = scene.run ?? "";
      if (again) stop();
      if (WAY.includes(scene.state)) {
        // What is over in a moment needs no words.
        clearTimeout(waiting);
        if (way === "sketch") waiting = setTimeout(() => room.stage.hint(scene.line), PATIENCE);
        return;
      }
      clearTimeout(waiting);
      const ended = way;
      way = "";
      A.gather((scene.cells ?? []).map((cell) => cell.picture).filter(Boolean));
      if (again && box.checked) {
        again = false;
        return go();
      }
      if (scene.state === "refused") return room.stage.hint(scene.errors.map(({ message, hint }) => `${message} ${hint}`.trim()).join(" "));
      if (!["sketched", "done"].includes(scene.state)) return room.stage.hint(scene.line);
      if (!box.checked && ended === "sketch") return;
      // In between Paint may have been pressed: the stage is that picture's then.
      if (ended === "keep" && room.stage.state !== "sketched") return;
      room.stage.sketch(scene);
      if (ended === "sketch") resting = setTimeout(() => { if (!way && room.stage.state === "sketched") send("keep"); }, REST);
    }

    room.ready("live", {
      stir,
      lost() {
        way = "";
        clearTimeout(waiting);
        room.stage.hint(A.say("The connection broke before the picture was done."));
      },
      /* The seed that goes into its field: a new one where there is none or another is wished for; ours goes when Live does. */
      seed(now) {
        const asked = wish;
        wish = "";
        if (asked === "off") return now === mine ? "" : now;
        if (asked === "seed" && String(now ?? "").trim()) return now;
        mine = String(crypto.getRandomValues(new Uint32Array(1))[0]);
        return mine;
      },
    });
    watch("value", () => draw(props.value));
  };
})();
