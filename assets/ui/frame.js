/* Beyond the edge: the picture in a larger frame. Edges are dragged, moved with the arrow keys, typed in the form, or set by a shape; the
   numbers of the form are the truth, the frame shows them. The ground is drawn out of the edges, as the painting will start. */
"use strict";
(() => {
  const A = window.Atelier;
  const SIDES = ["left", "right", "top", "bottom"];
  const NAMES = { left: "Left", right: "Right", top: "Top", bottom: "Bottom" };
  const SHAPES = [["Square", 1], ["3:2", 3 / 2], ["16:9", 16 / 9], ["2:3", 2 / 3]];
  const MOST = 2048, GRID = 8;

  A.frame = (element) => {
    const root = element.querySelector(".frame");
    const room = A.room(element);
    const view = A.make("canvas", { class: "sheet", "aria-hidden": "true" });
    const sides = { left: 0, right: 0, top: 0, bottom: 0 };
    const size = A.make("span", { class: "frame-size", role: "status" });
    const handles = Object.fromEntries(SIDES.map((side) => [side, handle(side)]));
    const place = A.make("div", { class: "sheet-place" }, view, ...Object.values(handles));
    const result = A.make("button", { type: "button", class: "chip", on: { click: () => room.show("stage") } }, A.say("Result"));
    const shapes = SHAPES.map(([name, ratio]) => A.make("button", { type: "button", class: "chip", "data-shape": name, on: { click: () => reach(ratio) } }, A.say(name)));
    root.replaceChildren(A.make("div", { class: "easel" },
      A.make("div", { class: "easel-bar", role: "toolbar", "aria-label": A.say("Beyond the edge") },
        ...shapes, A.make("button", { type: "button", class: "chip", on: { click: () => type({ left: 0, right: 0, top: 0, bottom: 0 }) } }, A.say("Reset")),
        size, A.make("span", { class: "easel-end" }, result)),
      place));
    let picture = null, scale = 1, x = 0, y = 0;

    /* ---- numbers ---- */

    const clamp = (value) => Math.min(MOST, Math.max(0, Math.round(value)));

    function type(wanted) {
      for (const [side, value] of Object.entries(wanted)) {
        const input = room.field(side)?.querySelector("input");
        if (!input || Number(input.value) === clamp(value)) continue;
        // Svelte listens to "input"; a plain assignment would go unseen.
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, clamp(value));
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      Object.assign(sides, Object.fromEntries(Object.entries(wanted).map(([side, value]) => [side, clamp(value)])));
      draw();
    }

    // As much on both sides as makes the frame of this shape; nothing where it would have to cut.
    function reach(ratio) {
      if (!picture) return;
      const { naturalWidth: width, naturalHeight: height } = picture;
      const wide = Math.max(0, Math.round(height * ratio) - width), high = Math.max(0, Math.round(width / ratio) - height);
      type({ left: wide >> 1, right: wide - (wide >> 1), top: high >> 1, bottom: high - (high >> 1) });
      fit();
    }

    A.sides = (tab, values) => {
      if (A.room(tab) !== room) return;
      const numbers = values.map(Number);
      if (dragging || SIDES.every((side, i) => sides[side] === numbers[i])) return;
      SIDES.forEach((side, i) => { sides[side] = Number.isFinite(numbers[i]) ? clamp(numbers[i]) : 0; });
      fit();
    };

    /* ---- drawing ---- */

    function fit() {
      if (!picture || !place.clientWidth) return;
      const dots = devicePixelRatio || 1;
      view.width = Math.round(place.clientWidth * dots);
      view.height = Math.round(place.clientHeight * dots);
      const width = picture.naturalWidth + sides.left + sides.right, height = picture.naturalHeight + sides.top + sides.bottom;
      // Room around it to drag into.
      scale = Math.min(place.clientWidth / width, place.clientHeight / height) * 0.8;
      x = (place.clientWidth - width * scale) / 2 + sides.left * scale;
      y = (place.clientHeight - height * scale) / 2 + sides.top * scale;
      draw();
    }
    new ResizeObserver(fit).observe(place);

    function draw() {
      if (!picture) return;
      const pen = view.getContext("2d"), dots = devicePixelRatio || 1;
      const w = picture.naturalWidth * scale, h = picture.naturalHeight * scale;
      const [l, r, t, b] = SIDES.map((side) => sides[side] * scale);
      pen.setTransform(dots, 0, 0, dots, 0, 0);
      pen.clearRect(0, 0, place.clientWidth, place.clientHeight);
      ground(pen, w, h, l, r, t, b);
      pen.drawImage(picture, x, y, w, h);
      const put = (side, left, top) => Object.assign(handles[side].style, { left: `${left}px`, top: `${top}px` });
      put("left", x - l, y + h / 2 + (b - t) / 2);
      put("right", x + w + r, y + h / 2 + (b - t) / 2);
      put("top", x + w / 2 + (r - l) / 2, y - t);
      put("bottom", x + w / 2 + (r - l) / 2, y + h + b);
      for (const side of SIDES) {
        handles[side].setAttribute("aria-valuenow", sides[side]);
        handles[side].dataset.pixels = sides[side] ? `+${sides[side]}` : "";
      }
      size.textContent = `${picture.naturalWidth + sides.left + sides.right} × ${picture.naturalHeight + sides.top + sides.bottom}`;
    }

    // The rows and columns at the edges, drawn out and softened; a dashed line where the frame ends.
    function ground(pen, w, h, l, r, t, b) {
      const pw = picture.naturalWidth, ph = picture.naturalHeight;
      const strips = [
        [0, 0, 1, ph, x - l, y, l, h], [pw - 1, 0, 1, ph, x + w, y, r, h], [0, 0, pw, 1, x, y - t, w, t], [0, ph - 1, pw, 1, x, y + h, w, b],
        [0, 0, 1, 1, x - l, y - t, l, t], [pw - 1, 0, 1, 1, x + w, y - t, r, t], [0, ph - 1, 1, 1, x - l, y + h, l, b], [pw - 1, ph - 1, 1, 1, x + w, y + h, r, b],
      ];
      pen.save();
      pen.beginPath();
      pen.rect(x - l, y - t, w + l + r, h + t + b);
      pen.clip();
      // Once as it is, once softened over it: alone, the soft strips would fade out where they meet.
      for (const filter of ["none", "blur(6px)"]) {
        pen.filter = filter;
        for (const strip of strips) if (strip[6] > 0 && strip[7] > 0) pen.drawImage(picture, ...strip);
      }
      pen.restore();
      pen.setLineDash([6, 6]);
      for (const [colour, shift] of [["#0009", 0], ["#fffc", 6]]) {
        pen.lineDashOffset = shift;
        pen.strokeStyle = colour;
        pen.strokeRect(x - l, y - t, w + l + r, h + t + b);
      }
      pen.setLineDash([]);
    }

    /* ---- handles ---- */

    let dragging = null;
    function handle(side) {
      const sign = side === "left" || side === "top" ? -1 : 1;
      const across = side === "left" || side === "right";
      const node = A.make("button", {
        type: "button", class: "handle", "data-side": side, role: "slider", "aria-orientation": across ? "horizontal" : "vertical",
        "aria-label": A.say("{side}: pixels to add", { side: A.say(NAMES[side]) }), "aria-valuemin": "0", "aria-valuemax": MOST, "aria-valuenow": "0",
      });
      node.addEventListener("pointerdown", (event) => {
        try { node.setPointerCapture(event.pointerId); } catch { /* then not */ }
        dragging = { side, from: across ? event.clientX : event.clientY, value: sides[side] };
      });
      node.addEventListener("pointermove", (event) => {
        if (dragging?.side !== side) return;
        const moved = ((across ? event.clientX : event.clientY) - dragging.from) * sign / scale;
        type({ [side]: Math.round((dragging.value + moved) / GRID) * GRID });
      });
      const drop = () => {
        if (dragging?.side !== side) return;
        dragging = null;
        fit();
      };
      node.addEventListener("pointerup", drop);
      node.addEventListener("pointercancel", drop);
      node.addEventListener("keydown", (event) => {
        const out = across ? { ArrowLeft: -sign, ArrowRight: sign } : { ArrowUp: -sign, ArrowDown: sign };
        const by = out[event.key] ?? { PageUp: 8, PageDown: -8 }[event.key];
        if (!by) return;
        event.preventDefault();
        type({ [side]: sides[side] + by * GRID });
        fit();
      });
      return node;
    }

    room.when("source").then((source) => source.onChange(async (info) => {
      if (!info) {
        picture = null;
        return;
      }
      const image = Object.assign(new Image(), { src: A.inputUrl(info.source) });
      await image.decode().catch(() => {});
      picture = image;
      for (const side of SIDES) sides[side] = clamp(Number(room.field(side)?.querySelector("input")?.value) || 0);
      fit();
    }));
    room.onShow((view) => { if (view === "frame") requestAnimationFrame(fit); });
    room.when("stage").then((stage) => room.onShow(() => { result.hidden = !stage.painted; }));
    room.ready("frame", { reach });
  };
})();
