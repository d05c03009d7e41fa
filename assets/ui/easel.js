/* The tools around a sheet: brush and eraser, size, undo and redo, zoom, and their keys. */
"use strict";
(() => {
  const A = window.Atelier;

  A.easel = (canvas, extra = {}) => {
    const { tool } = canvas;
    const button = (icon, label, act, key = "") => A.make("button", {
      type: "button", class: "easel-button", "aria-label": A.say(label), title: A.say(label) + (key ? ` (${key})` : ""), "data-tool": icon, on: { click: act },
    }, A.icon(icon));
    const brush = button("brush", "Brush", () => choose(false), "B");
    const eraser = button("eraser", "Eraser", () => choose(true), "E");
    const size = A.make("input", { type: "range", min: "1", max: "400", class: "easel-size", "aria-label": A.say("Brush size"), title: `${A.say("Brush size")} ([ ])`, on: { input: () => resize(Number(size.value)) } });
    const undo = button("undo", "Undo", canvas.undo, "Ctrl+Z");
    const redo = button("redo", "Redo", canvas.redo, "Ctrl+Shift+Z");
    const group = (...nodes) => A.make("span", { class: "easel-group" }, ...nodes);
    const bar = A.make("div", { class: "easel-bar", role: "toolbar", "aria-label": A.say("Drawing tools") },
      group(brush, eraser, size), ...(extra.colours ? [extra.colours] : []), group(undo, redo), group(...(extra.tools?.(button) ?? [])),
      group(button("minus", "Zoom out", () => canvas.zoom(0.8)), button("fit", "Fit", canvas.fit, "0"), button("plus", "Zoom in", () => canvas.zoom(1.25))),
      ...(extra.end ?? []));

    function choose(erase) {
      tool.erase = erase;
      draw();
    }
    function resize(to) {
      tool.size = Math.min(400, Math.max(1, to));
      draw();
      canvas.draw();
    }
    function draw() {
      brush.setAttribute("aria-pressed", String(!tool.erase));
      eraser.setAttribute("aria-pressed", String(tool.erase));
      size.value = tool.size;
      undo.disabled = !canvas.canUndo;
      redo.disabled = !canvas.canRedo;
    }

    const node = A.make("div", { class: "easel" }, bar, canvas.node);
    const keys = {
      "[": () => resize(Math.round(tool.size * 0.85) - 1),
      "]": () => resize(Math.round(tool.size * 1.15) + 1),
      e: () => choose(!tool.erase),
      b: () => choose(false),
      0: canvas.fit,
      "+": () => canvas.zoom(1.25),
      "-": () => canvas.zoom(0.8),
    };
    // Anywhere in the tab while the sheet is seen, but never while somebody types.
    document.addEventListener("keydown", (event) => {
      if (!node.checkVisibility() || event.target.closest?.("textarea, select, dialog, input:not([type=range], [type=radio], [type=checkbox])")) return;
      const command = event.ctrlKey || event.metaKey;
      const act = command
        ? { z: event.shiftKey ? canvas.redo : canvas.undo, y: canvas.redo }[event.key.toLowerCase()]
        : event.altKey ? null : keys[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    });
    canvas.onChange(draw);
    draw();
    return { node, draw, choose };
  };
})();
