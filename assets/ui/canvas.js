/* A sheet to draw on, over a picture or blank: strokes at the picture's own resolution, undo, zoom. It is a list of what was done;
   undoing one is drawing all but the last again. Mouse, pen and touch; two fingers move and zoom. */
"use strict";
(() => {
  const A = window.Atelier;
  const KEPT = 120;
  const RUBYLITH = "#e0242f";

  /* ---- what can be done to a layer ---- */

  const DO = {
    stroke(pen, { points, size, colour, erase }) {
      pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineCap = pen.lineJoin = "round";
      for (let i = 0; i < points.length; i++) segment(pen, points, i, size);
    },
    clear: (pen, _, width, height) => pen.clearRect(0, 0, width, height),
    fill(pen, { colour }, width, height) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, width, height);
    },
    invert(pen, { colour }, width, height) {
      pen.globalCompositeOperation = "xor";
      pen.fillStyle = colour;
      pen.fillRect(0, 0, width, height);
    },
    image: (pen, { image }, width, height) => pen.drawImage(image, 0, 0, width, height),
  };

  function segment(pen, points, i, size) {
    const [x, y, pressure] = points[i];
    const [fromX, fromY] = points[i - 1] ?? points[i];
    pen.lineWidth = size * pressure;
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    // A line of no length draws nothing in some browsers: a dab is a very short one.
    pen.lineTo(i ? x : x + 0.01, y);
    pen.stroke();
  }

  const sheet = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

  /* ---- the sheet ---- */

  A.canvas = ({ label, isMask }) => {
    const view = A.make("canvas", { class: "sheet", tabindex: "0", role: "application", "aria-label": label });
    const host = A.make("div", { class: "sheet-place" }, view);
    const pen = view.getContext("2d");
    const tool = { erase: false, size: 40, colour: isMask ? RUBYLITH : "#1f1c18" };
    const changes = new Set();
    let layer = sheet(1, 1), layerPen = layer.getContext("2d");
    let picture = null, width = 1, height = 1;
    let done = [], undone = [];
    let scale = 1, left = 0, top = 0, fitted = true, hover = null, due = false;

    const changed = () => {
      draw();
      for (const act of changes) act();
    };

    /* -- drawing -- */

    function draw() {
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        paint();
      });
    }

    function paint() {
      const dots = devicePixelRatio || 1;
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, view.width, view.height);
      pen.setTransform(dots * scale, 0, 0, dots * scale, dots * left, dots * top);
      pen.imageSmoothingEnabled = scale < 3;
      pen.imageSmoothingQuality = "high";
      if (picture) pen.drawImage(picture, 0, 0, width, height);
      else {
        pen.fillStyle = "#ffffff";
        pen.fillRect(0, 0, width, height);
      }
      pen.globalAlpha = isMask ? 0.55 : 1;
      pen.drawImage(layer, 0, 0);
      pen.globalAlpha = 1;
      if (hover) ring();
    }

    function ring() {
      for (const [colour, more] of [["#000a", 1], ["#fffd", 0]]) {
        pen.beginPath();
        pen.arc(hover[0], hover[1], tool.size / 2 + more / scale, 0, 7);
        pen.strokeStyle = colour;
        pen.lineWidth = 1.25 / scale;
        pen.stroke();
      }
    }

    function apply(step) {
      layerPen.save();
      DO[step.do](layerPen, step, width, height);
      layerPen.restore();
    }

    function replay() {
      layerPen.clearRect(0, 0, width, height);
      done.forEach(apply);
    }

    function act(step) {
      done.push(step);
      undone = [];
      if (step.do !== "stroke") apply(step);
      if (done.length > KEPT) settle();
      changed();
    }

    // The oldest half becomes one image, so that undoing stays quick.
    function settle() {
      const old = done.splice(0, KEPT / 2), rest = done;
      done = old;
      replay();
      const image = sheet(width, height);
      image.getContext("2d").drawImage(layer, 0, 0);
      done = [{ do: "image", image }, ...rest];
      replay();
    }

    function undo() {
      if (!done.length) return;
      undone.push(done.pop());
      replay();
      changed();
    }

    function redo() {
      if (!undone.length) return;
      done.push(undone.pop());
      apply(done.at(-1));
      changed();
    }

    /* -- looking -- */

    function resize() {
      const dots = devicePixelRatio || 1;
      if (!host.clientWidth) return;
      view.width = Math.round(host.clientWidth * dots);
      view.height = Math.round(host.clientHeight * dots);
      if (fitted) fit();
      else paint();
    }
    new ResizeObserver(resize).observe(host);

    function fit() {
      const margin = host.clientWidth < 600 ? 8 : 16;
      scale = Math.max(0.01, Math.min((host.clientWidth - 2 * margin) / width, (host.clientHeight - 2 * margin) / height));
      left = (host.clientWidth - width * scale) / 2;
      top = (host.clientHeight - height * scale) / 2;
      fitted = true;
      paint();
    }

    function zoom(by, x = host.clientWidth / 2, y = host.clientHeight / 2) {
      const next = Math.min(16, Math.max(0.05, scale * by));
      left = x - ((x - left) * next) / scale;
      top = y - ((y - top) * next) / scale;
      scale = next;
      fitted = false;
      draw();
    }

    function pan(byX, byY) {
      left += byX;
      top += byY;
      fitted = false;
      draw();
    }

    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });

    /* -- hands -- */

    const fingers = new Map();
    let stroke = null, panning = false, space = false;
    const at = (event) => {
      const box = view.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const onPicture = ([x, y]) => [(x - left) / scale, (y - top) / scale];

    function extend(event) {
      const pressure = event.pointerType === "pen" && !isMask ? Math.max(0.15, event.pressure) : 1;
      stroke.points.push([...onPicture(at(event)), pressure]);
      layerPen.save();
      layerPen.globalCompositeOperation = stroke.erase ? "destination-out" : "source-over";
      layerPen.strokeStyle = stroke.colour;
      layerPen.lineCap = "round";
      segment(layerPen, stroke.points, stroke.points.length - 1, stroke.size);
      layerPen.restore();
      draw();
    }

    view.addEventListener("pointerdown", (event) => {
      view.focus({ preventScroll: true });
      // A pointer that is no real one (in a test, or just gone) cannot be captured, and need not be.
      try { view.setPointerCapture(event.pointerId); } catch { /* then not */ }
      fingers.set(event.pointerId, at(event));
      if (fingers.size === 2 && stroke) {
        stroke = null;
        replay();
      }
      panning = event.button === 1 || space || fingers.size > 1;
      if (panning || event.button > 0 && event.pointerType === "mouse") return;
      const erase = tool.erase || Boolean(event.buttons & 32);
      stroke = { do: "stroke", points: [], size: tool.size, colour: tool.colour, erase };
      extend(event);
    });

    view.addEventListener("pointermove", (event) => {
      const here = at(event), before = fingers.get(event.pointerId);
      hover = event.pointerType === "touch" ? null : onPicture(here);
      if (before && fingers.size === 2) pinch(event.pointerId, here);
      else if (before && panning) pan(here[0] - before[0], here[1] - before[1]);
      else if (stroke) {
        const all = event.getCoalescedEvents?.() ?? [];
        for (const one of all.length ? all : [event]) extend(one);
      }
      if (before) fingers.set(event.pointerId, here);
      draw();
    });

    function pinch(id, here) {
      const before = fingers.get(id), [other] = [...fingers].filter(([one]) => one !== id).map(([, place]) => place);
      const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
      pan((here[0] - before[0]) / 2, (here[1] - before[1]) / 2);
      zoom(apart(here) / apart(before), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
    }

    function lift(event) {
      fingers.delete(event.pointerId);
      if (stroke && !fingers.size) {
        const finished = stroke;
        stroke = null;
        act(finished);
      }
      if (!fingers.size) panning = false;
    }
    view.addEventListener("pointerup", lift);
    view.addEventListener("pointercancel", lift);
    view.addEventListener("pointerleave", () => { hover = null; draw(); });

    /* -- keys: arrows move the brush, Enter paints, with Shift both -- */

    view.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === " ") space = true;
      else if (move || event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        const from = hover ?? [width / 2, height / 2];
        const step = tool.size / 2;
        hover = move ? [from[0] + move[0] * step, from[1] + move[1] * step] : from;
        if (!move || event.shiftKey) {
          const dab = { do: "stroke", points: [[...from, 1], [...hover, 1]], size: tool.size, colour: tool.colour, erase: tool.erase };
          apply(dab);
          act(dab);
        }
        draw();
      } else return;
      event.preventDefault();
    });
    view.addEventListener("keyup", (event) => { if (event.key === " ") space = false; });
    view.addEventListener("blur", () => { space = false; });

    /* -- from outside -- */

    function load(image, newWidth, newHeight) {
      picture = image;
      const other = newWidth !== width || newHeight !== height;
      [width, height] = [newWidth, newHeight];
      if (other) {
        layer = sheet(width, height);
        layerPen = layer.getContext("2d");
        done = [];
        undone = [];
        tool.size = Math.max(4, Math.round(Math.min(width, height) / 10));
      }
      fitted = true;
      resize();
      for (const act of changes) act();
      return other;
    }

    /** White where there is paint, black elsewhere; or the drawing on white. */
    function flat() {
      const out = sheet(width, height), outPen = out.getContext("2d");
      outPen.fillStyle = isMask ? "#000000" : "#ffffff";
      outPen.fillRect(0, 0, width, height);
      if (!isMask) outPen.drawImage(layer, 0, 0);
      else {
        const white = sheet(width, height), whitePen = white.getContext("2d");
        whitePen.drawImage(layer, 0, 0);
        whitePen.globalCompositeOperation = "source-in";
        whitePen.fillStyle = "#ffffff";
        whitePen.fillRect(0, 0, width, height);
        outPen.drawImage(white, 0, 0);
      }
      return new Promise((ready) => out.toBlob(ready, "image/png"));
    }

    return {
      node: host, view, tool, load, flat, undo, redo, fit, zoom, draw,
      get canUndo() { return done.length > 0; },
      get canRedo() { return undone.length > 0; },
      get size() { return [width, height]; },
      get zoomed() { return scale; },
      clear: () => { if (done.length) act({ do: "clear" }); },
      invert: () => act({ do: "invert", colour: tool.colour }),
      fill: () => act({ do: "fill", colour: tool.colour }),
      put: (image) => act({ do: "image", image }),
      /** A mask's image (white = paint) as paint on the layer, in place of what was there. */
      putMask(image) {
        const stencil = sheet(width, height), stencilPen = stencil.getContext("2d");
        stencilPen.imageSmoothingEnabled = false;
        stencilPen.drawImage(image, 0, 0, width, height);
        const pixels = stencilPen.getImageData(0, 0, width, height);
        for (let i = 0; i < pixels.data.length; i += 4) {
          pixels.data[i + 3] = pixels.data[i];
          [pixels.data[i], pixels.data[i + 1], pixels.data[i + 2]] = [224, 36, 47];
        }
        stencilPen.putImageData(pixels, 0, 0);
        apply({ do: "clear" });
        done.push({ do: "clear" });
        act({ do: "image", image: stencil });
      },
      empty() {
        const pixels = layerPen.getImageData(0, 0, width, height).data;
        for (let i = 3; i < pixels.length; i += 4) if (pixels[i] >= 128) return false;
        return true;
      },
      onChange: (act) => changes.add(act),
    };
  };
})();
