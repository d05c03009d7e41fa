/* A blank sheet and a few colours: what is drawn becomes the picture to begin with when Paint is pressed. */
"use strict";
(() => {
  const A = window.Atelier;
  const COLOURS = ["#1f1c18", "#ffffff", "#8a8276", "#3a4bc4", "#7db7e8", "#2f7d4f", "#a7c957", "#f2c14e", "#e4722b", "#a82a1e", "#7a4b2a", "#e8b4a0"];
  const DETAIL = 3;

  A.sketch = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".sketch");
    const room = A.room(element);
    const memory = `sketch.${room.name}`;
    const canvas = A.canvas({ label: A.say("Sketch: draw what the picture shall show"), isMask: false });
    const dots = COLOURS.map((colour) => A.make("button", { type: "button", class: "dot", style: `--dot: ${colour}`, "aria-label": colour, on: { click: () => take(colour) } }));
    const own = A.make("input", { type: "color", class: "colour", value: "#c97b9b", "aria-label": A.say("Another colour"), on: { input: () => take(own.value) } });
    const shape = A.make("select", { class: "easel-select", "aria-label": A.say("Shape"), on: { change: () => sheet(shape.value) } },
      ...Object.keys(drawn.sizes).map((name) => A.make("option", { value: name }, A.say(name[0].toUpperCase() + name.slice(1)))));
    const back = A.make("button", { type: "button", class: "chip", on: { click: () => room.show("stage") } }, A.say("Result"));
    const easel = A.easel(canvas, {
      colours: A.make("span", { class: "easel-group easel-colours", role: "group", "aria-label": A.say("Colours") }, ...dots, own),
      tools: (button) => [button("fill", "Fill the sheet", canvas.fill), button("bin", "Clear the sheet", canvas.clear)],
      end: [A.make("span", { class: "easel-end" }, shape, back)],
    });
    root.replaceChildren(easel.node);
    let unsent = false, started = false;

    function take(colour) {
      canvas.tool.colour = colour;
      dots.forEach((dot, i) => dot.setAttribute("aria-pressed", String(COLOURS[i] === colour)));
      easel.choose(false);
    }

    function sheet(name) {
      const [width, height] = drawn.sizes[name].map((side) => side * DETAIL);
      canvas.load(null, width, height);
      canvas.tool.size = Math.round(Math.min(width, height) / 40);
      easel.draw();
    }

    async function start() {
      if (!started) {
        started = true;
        const kept = await A.kept(memory);
        shape.value = kept?.shape ?? shape.value;
        sheet(shape.value);
        take(COLOURS[0]);
        if (kept?.blob) canvas.put(await createImageBitmap(kept.blob));
      }
      room.show("sketch");
    }

    let timer = 0;
    canvas.onChange(() => {
      if (!started || !canvas.canUndo) return;
      unsent = true;
      clearTimeout(timer);
      timer = setTimeout(async () => A.keep(memory, { shape: shape.value, blob: await canvas.flat() }), 250);
    });

    room.before.push(async () => {
      if (room.view !== "sketch" || !unsent) return;
      unsent = false;
      await room.part("source").take(await canvas.flat());
    });

    const again = A.make("button", { type: "button", class: "chip", on: { click: start } }, A.icon("left"), A.say("Back to the sketch"));
    room.when("stage").then((stage) => {
      stage.corner.append(again);
      const look = () => { again.hidden = !started; back.hidden = !stage.painted; };
      room.onShow(look);
      look();
    });
    room.ready("sketch", { canvas, start });
  };
})();
