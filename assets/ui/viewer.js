/* Looking closely: one picture at full size, and two of one size side by side under a divider. Both are the browser's own dialogs, so
   Escape closes them and the keyboard stays inside. */
"use strict";
(() => {
  const A = window.Atelier;

  function dialog(kind, label, ...children) {
    const close = A.make("button", { class: "round", type: "button", "aria-label": A.say("Close"), on: { click: () => node.close() } }, A.icon("close"));
    const node = A.make("dialog", { class: `viewer ${kind}`, "aria-label": label }, ...children, A.make("div", { class: "viewer-close" }, close));
    node.addEventListener("close", () => node.remove());
    node.addEventListener("click", (event) => { if (event.target === node) node.close(); });
    document.body.append(node);
    node.showModal();
    return node;
  }

  A.lightbox = (pictures, start) => {
    let index = start;
    const image = A.make("img", { alt: "", on: { click: () => zoom() } });
    const frame = A.make("div", { class: "frame", tabindex: "0" }, image);
    const caption = A.make("p", { class: "caption" });
    const zoomButton = A.make("button", { class: "tool", type: "button", on: { click: () => zoom() } });
    const download = A.make("a", { class: "tool", download: true }, A.icon("download"), A.make("span", {}, A.say("Download PNG")));
    const step = (by, icon, label) =>
      A.make("button", { class: "round", type: "button", "aria-label": A.say(label), on: { click: () => go(by) } }, A.icon(icon));
    const previous = step(-1, "left", "Previous picture");
    const next = step(1, "right", "Next picture");
    const node = dialog("lightbox", A.say("Full size"), frame,
      A.make("div", { class: "viewer-bar" }, previous, caption, zoomButton, download, next));

    function draw() {
      const picture = pictures[index];
      image.src = `picture/${picture.id}`;
      image.alt = picture.prompt || A.say("untitled");
      image.style.setProperty("--width", `${picture.width}px`);
      image.style.setProperty("--shape", `${picture.width} / ${picture.height}`);
      image.style.setProperty("--ratio", picture.width / picture.height);
      caption.replaceChildren(A.make("b", {}, picture.prompt || A.say("untitled")), A.make("span", {}, picture.facts));
      download.href = `picture/${picture.id}?download=1`;
      previous.hidden = next.hidden = pictures.length < 2;
      zoomButton.textContent = A.say(node.classList.contains("actual") ? "Fit to window" : "Actual size");
    }
    function go(by) {
      index = (index + by + pictures.length) % pictures.length;
      draw();
    }
    function zoom() {
      node.classList.toggle("actual");
      draw();
    }
    node.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") go(-1);
      else if (event.key === "ArrowRight") go(1);
      else if (event.key === "z" || event.key === "1") zoom();
      else return;
      event.preventDefault();
    });
    draw();
    frame.focus();
  };

  // The picture a result came from, as a partner to compare with: it may cover a part of the result only.
  A.before = (picture) => ({ id: "", src: picture.before.src, place: picture.before, prompt: A.say("Before"), facts: A.say("Before") });
  const source = (picture, small) => picture.src ?? `picture/${picture.id}${small ? "/small" : ""}`;

  A.compare = (picture, partners) => {
    let other = partners[0];
    const under = A.make("img", { class: "under" });
    const over = A.make("img", { class: "over", alt: picture.prompt || A.say("untitled"), src: `picture/${picture.id}` });
    const divider = A.make("span", { class: "divider", "aria-hidden": "true" });
    const slider = A.make("input", { type: "range", min: "0", max: "100", step: "0.5", value: "50", "aria-label": A.say("Drag to compare"), on: {
      input: () => frame.style.setProperty("--cut", `${slider.value}%`),
    } });
    const frame = A.make("div", { class: "frame pair" }, under, over, divider, slider);
    frame.style.setProperty("--shape", `${picture.width} / ${picture.height}`);
    frame.style.setProperty("--ratio", picture.width / picture.height);
    frame.style.setProperty("--cut", "50%");
    const left = A.make("p", {}, picture.facts);
    const right = A.make("p", {});
    const choices = A.make("div", { class: "partners", role: "group", "aria-label": A.say("The other picture") },
      ...partners.map((partner) => A.make("button", {
        class: "recent", type: "button", "aria-label": partner.prompt || A.say("untitled"), on: { click: () => choose(partner) },
      }, A.make("img", { src: source(partner, true) + (partner.src ? "?small" : ""), alt: "" }))));
    dialog("compare", A.say("Before and after"), frame, A.make("div", { class: "pair-facts" }, left, right), choices);

    function choose(partner) {
      other = partner;
      under.src = source(other);
      const { x = 0, y = 0, w = 1, h = 1 } = other.place ?? {};
      Object.assign(under.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * w}%`, height: `${100 * h}%` });
      under.alt = other.prompt || A.say("untitled");
      right.textContent = other.facts;
      [...choices.children].forEach((node, i) => node.classList.toggle("here", partners[i] === other));
    }
    choose(other);
    slider.focus();
  };
})();
