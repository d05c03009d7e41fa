/* The picture a recipe begins with: dropped anywhere in the tab, chosen, pasted, photographed, or sent from another tab. It goes to the
   studio at once; the form holds only its name. The studio judges files, never this script. */
"use strict";
(() => {
  const A = window.Atelier;
  const TYPES = "image/png,image/jpeg,image/webp";
  const BACKDROPS = ["#ffffff", "#000000", "#808080"];

  A.inputUrl = (name, small = false) => `atelier/input/${name.replace("sha256:", "")}${small ? "?small" : ""}`;

  A.bring = async (values) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) form.append(name, value);
    let answer;
    try {
      answer = await fetch("atelier/input", { method: "POST", body: form });
    } catch {
      throw { field: "source", message: A.say("The picture could not be sent."), hint: A.say("Try again.") };
    }
    const told = await answer.json().catch(() => ({ message: A.say("The file is larger than the studio takes."), hint: A.say("Make the picture smaller.") }));
    if (!answer.ok) throw { ...told, field: told.field || "source" };
    return told;
  };

  A.source = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".source");
    const room = A.room(element);
    const memory = `atelier.source.${room.name}`;
    const changes = new Set();
    let info = null, original = null, given = "", turn = 0;

    /* ---- how it looks ---- */

    const button = (label, icon, act, more = {}) => A.make("button", { type: "button", class: "quiet-button", ...more, on: { click: act } }, icon ? A.icon(icon) : null, A.say(label));
    const file = A.make("input", { type: "file", accept: TYPES, class: "unseen", tabindex: "-1", "aria-label": A.say("Choose a file"), on: { change: () => {
      if (file.files.length) take(file.files[0]);
      file.value = "";
    } } });
    const choose = () => file.click();
    const image = A.make("img", { class: "source-image", alt: A.say("Your picture") });
    const size = A.make("span", { class: "source-size" });
    const notices = A.make("div", { class: "source-notices", role: "status" });
    const backdrop = backdropChoice((colour) => take(original, colour));
    const drop = A.make("div", { class: "drop" },
      A.make("p", { class: "drop-words" }, A.make("b", {}, A.say("Drop a picture here")), A.make("span", {}, A.say("PNG, JPEG or WebP; or paste it"))),
      A.make("div", { class: "drop-buttons" },
        button("Choose a file", "picture", choose), pasteButton(), A.camera(button("Camera", "camera", () => {}), (blob) => take(blob)),
        drawn.sketch ? button("Sketch", "brush", () => room.when("sketch").then((sketch) => sketch.start())) : null));
    const full = A.make("figure", { class: "source-full" }, image,
      A.make("figcaption", {}, size,
        A.make("span", { class: "source-buttons" },
          button("Change", null, choose, { class: "chip" }),
          button("Remove", null, () => clear(), { class: "chip" }))));
    root.replaceChildren(A.make("p", { class: "legend" }, A.say("Picture")), drop, full, backdrop.node, notices, file);

    function pasteButton() {
      if (!navigator.clipboard?.read) return null;
      return button("Paste", "paste", async () => {
        const items = await navigator.clipboard.read().catch(() => []);
        for (const item of items) {
          const type = item.types.find((one) => one.startsWith("image/"));
          if (type) return take(await item.getType(type));
        }
        say(A.say("There is no picture in the clipboard."));
      });
    }

    const say = (...lines) => notices.replaceChildren(...lines.map((line) => A.make("p", {}, line)));

    function draw() {
      root.dataset.state = info ? "full" : "empty";
      size.textContent = info?.width ? `${info.width} × ${info.height}` : "";
      say(...(info?.notices ?? []));
      backdrop.show(Boolean(info?.mask && original));
      for (const act of changes) act(info);
    }

    /* ---- how a picture comes in ---- */

    async function take(blob, colour = "#ffffff") {
      if (!blob) return;
      await receive(blob, { file: blob, as: "picture", backdrop: colour });
    }

    async function receive(blob, values) {
      const mine = ++turn;
      root.dataset.state = "busy";
      room.root.classList.remove("dropping");
      if (blob) image.src = URL.createObjectURL(blob);
      say(A.say("Taking it in"));
      try {
        const told = await A.bring(values);
        if (mine !== turn) return;
        original = blob;
        if (blob) A.keep(`source.${room.name}`, blob);
        else A.forget(`source.${room.name}`);
        set(told);
        startFromItsWords();
      } catch (error) {
        if (mine !== turn) return;
        if (info) image.src = A.inputUrl(info.source);
        draw();
        room.stage ? room.stage.refuse(error) : A.showError(room, error);
      }
    }

    function set(told) {
      info = told;
      A.write(memory, info);
      if (info) image.src = A.inputUrl(info.source);
      props.value = info?.source ?? "";
      trigger("input");
      element.dispatchEvent(new Event("input", { bubbles: true }));
      draw();
    }

    // A picture whose recipe is known starts from its own words, unless there are others already.
    function startFromItsWords() {
      const box = room.box();
      if (drawn.wordless || !box || !info.prompt || (box.value.trim() && box.value !== given)) return;
      given = info.prompt;
      A.type(box, given);
    }

    function clear() {
      turn++;
      original = null;
      A.forget(`source.${room.name}`);
      set(null);
    }

    /* ---- what the form held: a reload, or the settings of another picture ---- */

    async function adopt() {
      const name = props.value;
      if (!name || info?.source === name) return;
      const known = A.read(memory);
      info = known?.source === name ? known : { source: name, width: 0, height: 0, notices: [], mask: "" };
      const mine = ++turn;
      image.src = A.inputUrl(name);
      try {
        // The browser may show its own copy of a picture the studio has forgotten.
        const here = await fetch(A.inputUrl(name, true), { cache: "no-store" });
        if (!here.ok) throw here.status;
        await image.decode();
        if (mine !== turn) return;
        info = { ...info, width: image.naturalWidth, height: image.naturalHeight };
        original = known?.source === name ? await A.kept(`source.${room.name}`) : null;
        draw();
      } catch {
        if (mine !== turn) return;
        // The studio has forgotten it; this browser may not have.
        const mineStill = known?.source === name && await A.kept(`source.${room.name}`);
        if (mineStill) return take(mineStill);
        clear();
        say(A.say("This picture is not here any more. Choose it again."));
      }
    }

    /* ---- drop and paste, anywhere in the tab ---- */

    const pictureIn = (data) => [...(data?.files ?? [])][0];
    let depth = 0;
    const over = (by) => {
      depth = Math.max(0, depth + by);
      room.root.classList.toggle("dropping", depth > 0);
    };
    // In the step viewer another panel may be in view.
    const files = (event) => event.dataTransfer?.types.includes("Files") && root.checkVisibility();
    room.root.addEventListener("dragenter", (event) => { if (files(event)) over(1); });
    room.root.addEventListener("dragleave", (event) => { if (files(event)) over(-1); });
    room.root.addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
    room.root.addEventListener("drop", (event) => {
      over(-depth);
      const dropped = pictureIn(event.dataTransfer);
      if (!dropped || !root.checkVisibility()) return;
      event.preventDefault();
      take(dropped);
    });
    document.addEventListener("paste", (event) => {
      const pasted = pictureIn(event.clipboardData);
      if (!pasted || !root.checkVisibility()) return;
      event.preventDefault();
      take(pasted);
    });

    watch("value", adopt);
    draw();
    adopt();
    room.ready("source", {
      get info() { return info; },
      choose, clear,
      take: (blob) => take(blob),
      bring: (id) => receive(null, { picture: id }),
      onChange: (act) => { changes.add(act); act(info); },
    });
  };

  function backdropChoice(choose) {
    const dots = BACKDROPS.map((colour) => A.make("button", { type: "button", class: "dot", style: `--dot: ${colour}`, "aria-label": colour, on: { click: () => pick(colour) } }));
    const own = A.make("input", { type: "color", class: "colour", value: "#e9e4db", "aria-label": A.say("Another colour"), on: { change: () => pick(own.value) } });
    const node = A.make("div", { class: "backdrop", role: "group", "aria-label": A.say("Backdrop") }, A.make("span", {}, A.say("Backdrop")), ...dots, own);
    function pick(colour) {
      dots.forEach((dot, i) => dot.setAttribute("aria-pressed", String(BACKDROPS[i] === colour)));
      choose(colour);
    }
    return { node, show: (yes) => { node.hidden = !yes; } };
  }

  /* ---- the empty stage of a tab that begins with a picture ---- */

  A.pictureInvitation = (room) => {
    const act = (name) => room.when("source").then((source) => source[name]());
    const words = A.make("div", { class: "invite-words" },
      A.make("h2", {}, A.say("Bring a picture")),
      A.make("p", {}, A.say("Drop it anywhere here, paste it, or choose a file. Every picture you paint can be sent here too.")),
      A.make("button", { type: "button", class: "quiet-button", on: { click: () => act("choose") } }, A.icon("picture"), A.say("Choose a file")));
    const image = A.make("img", { class: "invite-picture", alt: A.say("Your picture"), hidden: true });
    room.when("source").then((source) => source.onChange((info) => {
      words.hidden = Boolean(info);
      image.hidden = !info;
      if (info) image.src = A.inputUrl(info.source);
    }));
    return A.make("div", { class: "invite invite-for-picture" }, words, image);
  };
})();
