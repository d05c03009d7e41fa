/* The page around the stage: words, light and dark, header, memory, keys, errors at their fields.
   Loaded before Gradio starts. The server has already put language, words and thumbnails into window.Atelier.
   Everything a person typed goes into the page as text (textContent), never as markup. */
"use strict";
(() => {
  const A = window.Atelier;

  /* ---- words ---- */

  A.say = (english, values = {}) =>
    (A.words[english] ?? english).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  // Gradio translates its widgets by the browser's language: let it be the page's.
  Object.defineProperty(navigator, "language", { get: () => A.language });
  Object.defineProperty(navigator, "languages", { get: () => [A.language] });

  A.make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") for (const [type, act] of Object.entries(value)) node.addEventListener(type, act);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  };

  const ICONS = {
    full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
    seed: "M9 9h11v11H9zM15 9V4H4v11h5",
    settings: "M4 8h9m5 0h2M4 16h3m5 0h8M15 8a1.5 1.5 0 1 0 .01 0M9.500 16a1.5 1.5 0 1 0 .01 0",
    compare: "M12 3v18M4 6h5v12H4zM15 6h5v12h-5z",
    close: "M6 6l12 12M18 6 6 18",
    left: "M14 6l-6 6 6 6",
    right: "M10 6l6 6-6 6",
    picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9a.5.5 0 1 0 .01 0",
    paste: "M9 4h6v3H9zM15 5h3v15H6V5h3M9 12h6M9 16h4",
    camera: "M4 8h4l1.500-3h5L16 8h4v11H4zM12 10.500a3 3 0 1 0 .01 0",
    brush: "M14 5l5 5-8 8c-2 2-5 2-7 1 2-1 1-4 3-6zM11.500 7.500l5 5",
    eraser: "M9 20h11M5 14l9-9 6 6-9 9H8l-3-3z",
    undo: "M9 8 4 12l5 4M4 12h10a5 5 0 0 1 0 10h-2",
    redo: "M15 8l5 4-5 4M20 12H10a5 5 0 0 0 0 10h2",
    invert: "M12 4a8 8 0 1 0 .01 0zM12 4v16M15 6.500v11M18 8.500v7",
    bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M11 11v5M13 11v5",
    mask: "M4 5h16v14H4zM12 8.500a3.500 3.500 0 1 0 .01 0",
    clear: "M4 4h4v4H4zM12 4h4v4h-4zM8 8h4v4H8zM16 8h4v4h-4zM4 12h4v4H4zM12 12h4v4h-4zM8 16h4v4H8zM16 16h4v4h-4z",
    plus: "M12 5v14M5 12h14",
    minus: "M5 12h14",
    fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5M9 9h6v6H9z",
    fill: "M5 12l7-7 7 7-7 7zM5 12h14M12 5V2M20 16c1 2 1.500 3 0 4-1.500-1-1-2 0-4z",
    send: "M4 12h14M13 6l6 6-6 6",
    loop: "M17 4l3 3-3 3M20 7H8a4 4 0 0 0-4 4M7 20l-3-3 3-3M4 17h12a4 4 0 0 0 4-4",
    play: "M8 5l11 7-11 7z",
    pause: "M8 5v14M16 5v14",
    steps: "M4 19h4v-4h4v-4h4V7h4",
    branch: "M6 4v16M6 14c0-5 12-2 12-8M15 8l3-3 3 3",
    words: "M4 6h16M4 12h10M4 18h7",
    star: "M12 4l2.400 5.200 5.600.7-4.100 3.900 1.100 5.700-5-2.800-5 2.800 1.100-5.700L4 9.900l5.600-.7z",
    check: "M5 12.500l4.500 4.500L19 7.500",
    moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
    sun: "M12 8a4 4 0 1 0 .01 0M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  };
  A.icon = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("icon");
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  /* ---- light and dark: the system's, unless chosen here ---- */

  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const listeners = new Set();
  const isDark = () => (A.theme ? A.theme === "dark" : system.matches);
  const scheme = {
    media: system.media,
    get matches() { return isDark(); },
    addEventListener: (_, act) => listeners.add(act),
    removeEventListener: (_, act) => listeners.delete(act),
    addListener: (act) => listeners.add(act),
    removeListener: (act) => listeners.delete(act),
  };
  const realMatchMedia = window.matchMedia.bind(window);
  window.matchMedia = (query) =>
    /prefers-color-scheme:\s*dark/.test(query) ? scheme : realMatchMedia(query);
  const paintTheme = () => {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    for (const act of listeners) act({ matches: isDark(), media: scheme.media });
  };
  A.theme = read("atelier.theme");
  system.addEventListener("change", paintTheme);
  paintTheme();

  /* ---- what this browser remembers ---- */

  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  }
  function write(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* a private window: then not */ }
  }

  A.read = read;
  A.write = write;

  const arrived = new Set();
  const formKey = (tab) => (tab === "text_to_image" ? "atelier.form" : `atelier.form.${tab}`);
  A.remembered = (tab) => read(formKey(tab));
  A.remember = (tab, names, values) => {
    // Widgets announce their first values too; before the old ones are back these must not replace them.
    if (arrived.has(tab)) write(formKey(tab), Object.fromEntries(names.map((name, i) => [name, values[i]])));
  };
  A.arrived = (tab, pictures) => {
    arrived.add(tab);
    A.gather(pictures ?? []);
    if (!Object.values(A.tabs).every((one) => arrived.has(one))) return;
    document.documentElement.dataset.arrived = "yes";
    dispatchEvent(new Event("atelier-arrived"));
  };

  /* ---- header ---- */

  A.top = (element) => {
    const root = element.querySelector(".top");
    const model = A.make("span", { class: "top-model" });
    const dot = A.make("span", { class: "top-dot", "aria-hidden": "true" });
    const line = A.make("span", { class: "top-line" });
    const queue = A.make("span", { class: "top-queue" });
    const other = A.language === "en" ? "zh-CN" : "en";
    const language = A.make("button", {
      class: "top-button", id: "language", type: "button", lang: other,
      "aria-label": other === "en" ? "Switch to English" : "切换到中文",
      on: { click: () => switchLanguage(other) },
    }, other === "en" ? "EN" : "中文");
    const theme = A.make("button", {
      class: "top-button", id: "theme", type: "button", "aria-label": A.say("Switch between light and dark"),
      on: { click: () => {
        A.theme = isDark() ? "light" : "dark";
        write("atelier.theme", A.theme);
        paintTheme();
        drawTheme();
      } },
    });
    const drawTheme = () => {
      theme.replaceChildren(A.icon(isDark() ? "sun" : "moon"));
      theme.title = A.say(isDark() ? "Light" : "Dark");
    };
    drawTheme();
    listeners.add(drawTheme);
    root.replaceChildren(
      A.make("a", { class: "skip", href: "#stage", on: { click: (event) => {
        event.preventDefault();
        A.current()?.find(".stage button")?.focus();
      } } }, A.say("Skip to the stage")),
      A.make("h1", { class: "top-name" }, A.make("span", { class: "top-mark", "aria-hidden": "true" }), A.say("Atelier")),
      A.make("p", { class: "top-state", role: "status" }, dot, model, line, queue),
      A.make("div", { class: "top-buttons" }, language, theme),
    );

    // Only news is written: a screen reader would read the same words again.
    const show = (node, text) => { if (node.textContent !== text) node.textContent = text; };
    let timer = 0;
    let since = "";
    const poll = async () => {
      clearTimeout(timer);
      let pause = 4000;
      if (!document.hidden) {
        try {
          const answer = await fetch("atelier/status");
          const now = await answer.json();
          root.dataset.state = now.state;
          if (since && now.since !== since) A.rooms().forEach((room) => room.stage?.lost("The studio was started anew; this picture was not finished. Paint it again."));
          since = now.since;
          show(model, now.model);
          show(line, now.line);
          show(queue, now.queue);
          if (now.state === "loading") pause = 1000;
        } catch {
          root.dataset.state = "lost";
          const silent = A.say("The studio does not answer. Trying again.");
          show(line, silent);
          A.rooms().forEach((room) => room.stage?.silent(silent));
          pause = 1500;
        }
      }
      timer = setTimeout(poll, pause);
    };
    document.addEventListener("visibilitychange", poll);
    A.pollStatus = poll;
    poll();
  };

  function switchLanguage(language) {
    const place = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
    document.cookie = `${A.cookie}=${language}; Path=/; Max-Age=31536000; ${place}`;
    location.reload();
  }

  /* ---- prompt: counter, unknown words ---- */

  A.type = (box, value) => {
    // Svelte listens to "input"; a plain assignment would go unseen.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const LIMIT = 2000;
  A.reading = (element, props, watch) => {
    const { draw } = A.readingOf(element.querySelector(".reading"), () => A.room(element).box());
    watch("value", () => draw(props.value));
    draw(props.value);
  };

  /* What a prompt means to the model, under its box; `promptBox()` finds that. */
  A.readingOf = (root, promptBox) => {
    const counter = A.make("span", { class: "counter" });
    const unknown = A.make("div", { class: "unknown" });
    const warnings = A.make("div", { class: "warnings", role: "status" });
    root.replaceChildren(counter, unknown, warnings);

    const count = () => {
      const length = [...(promptBox()?.value ?? "")].length;
      counter.textContent = A.say("{length} of {maximum} characters", { length, maximum: LIMIT });
      counter.classList.toggle("over", length > LIMIT);
      counter.classList.toggle("near", length > 0);
    };
    const replace = (word, known) => {
      const box = promptBox();
      const plain = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      A.type(box, box.value.replace(new RegExp(`(^|[^\\p{L}])${plain}(?![\\p{L}])`, "iu"), (_, before) => before + known));
      box.focus();
    };
    const draw = (told) => {
      count();
      const { unknown: strange = [], warnings: lines = [] } = told || {};
      unknown.replaceChildren();
      if (strange.length) unknown.append(A.make("p", {}, A.say("Words the model does not know")));
      for (const [word, near] of strange) {
        const row = A.make("div", { class: "unknown-row" }, A.make("mark", {}, word));
        for (const known of near)
          row.append(A.make("button", {
            type: "button", class: "chip", "aria-label": A.say("Replace {word} with {known}", { word, known }),
            on: { click: () => replace(word, known) },
          }, known));
        unknown.append(row);
      }
      warnings.replaceChildren(...lines.map((line) => A.make("p", {}, line)));
    };
    document.addEventListener("input", (event) => { if (event.target === promptBox()) count(); });
    return { draw };
  };

  /* ---- errors, each at its field ---- */

  const clearError = (field) => {
    field.querySelector(".field-error")?.remove();
    for (const input of field.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
  };
  A.clearErrors = (room) => {
    for (const error of room.root.querySelectorAll(".field-error")) clearError(error.parentElement);
  };
  A.showError = (room, { field: name, message, hint }) => {
    const field = name && room.field(name);
    if (!field) return;
    const closed = field.closest("[data-closed]");
    if (closed) document.querySelector(`[aria-controls="${closed.id}"]`).click();
    clearError(field);
    room.part(name)?.reveal?.();
    const id = `error-${field.id}`;
    field.append(A.make("p", { class: "field-error", role: "alert", id },
      A.make("b", {}, message), hint ? ` ${hint}` : ""));
    const input = field.querySelector("textarea, select, input");
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-describedby", id);
    input?.focus();
    field.scrollIntoView({ block: "nearest" });
    field.addEventListener("input", () => clearError(field), { once: true });
  };

  /* ---- a part of the form that opens and closes ---- */

  A.disclosure = (element, title, id) => {
    const root = element.querySelector(".disclosure");
    const key = `atelier.open.${id}`;
    const button = A.make("button", { type: "button", class: "disclose", "aria-controls": id, on: { click: () => draw(button.ariaExpanded !== "true") } },
      A.say(title), A.icon("right"));
    const draw = (open) => {
      button.ariaExpanded = String(open);
      document.getElementById(id)?.toggleAttribute("data-closed", !open);
      write(key, open);
    };
    root.replaceChildren(button);
    // What it opens is drawn after it.
    requestAnimationFrame(() => draw(read(key) === true));
  };

  /* ---- keys ---- */

  // Gradio has taken new values in by the frame after next.
  A.afterwards = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
  // In the step viewer the button may belong to a panel that is not in view.
  A.paint = () => [...(A.current()?.root.querySelectorAll("button.paint, .paint button") ?? [])].find((button) => button.checkVisibility())?.click();
  A.used = (tab) => {
    if (A.paintNext) A.afterwards(A.paint);
    A.paintNext = false;
    A.room(tab).box()?.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".paint");
    if (!button) return;
    const room = A.room(button);
    if (button.dataset.prepared) return void delete button.dataset.prepared;
    // One run at a time, decided before Gradio hears of the click: its own "once" lets a quick second one through.
    if (!room.stage?.sending()) return event.stopImmediatePropagation();
    if (!room.before.length) return;
    event.stopImmediatePropagation();
    Promise.all(room.before.map((prepare) => prepare())).then(
      () => A.afterwards(() => {
        button.dataset.prepared = "yes";
        button.click();
      }),
      (error) => room.stage.refuse(error));
  }, true);
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      A.paint();
    } else if (event.key === "Escape") A.theStage?.cancel();
  });

  A.lost = (tab) => A.room(tab).stage?.lost();

  A.copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https the clipboard is closed to scripts; the old way still works.
      const box = A.make("textarea", { class: "unseen" });
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };
})();
