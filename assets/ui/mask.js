/* The mask: rubylith over the picture. It belongs to the page until Paint, goes to the studio then, and comes back after a reload. */
"use strict";
(() => {
  const A = window.Atelier;

  A.mask = (element, props, trigger, watch) => {
    const root = element.querySelector(".mask");
    const room = A.room(element);
    const memory = `mask.${room.name}`;
    const canvas = A.canvas({ label: A.say("Mask: paint over what shall change"), isMask: true });
    const file = A.make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", class: "unseen", tabindex: "-1", "aria-label": A.say("Mask from a file"), on: { change: () => {
      if (file.files.length) fromFile(file.files[0]);
      file.value = "";
    } } });
    const result = A.make("button", { type: "button", class: "chip", on: { click: () => room.show("stage") } }, A.say("Result"));
    let seeThrough;
    const easel = A.easel(canvas, {
      tools: (button) => {
        seeThrough = button("clear", "Mask from the picture's transparent parts", () => fromName(source?.info?.mask));
        return [
          button("invert", "Invert the mask", canvas.invert),
          button("bin", "Clear the mask", canvas.clear),
          button("mask", "Mask from a file", () => file.click()),
          seeThrough,
        ];
      },
      end: [A.make("span", { class: "easel-end" }, result)],
    });
    root.replaceChildren(easel.node, file);

    let source = null, shown = "", sent = "", unsent = false, work = Promise.resolve();
    // One thing after the other: a picture, then the mask for it.
    const then = (act) => (work = work.then(act).catch((error) => room.stage?.refuse({ field: "mask", ...error })));
    const opened = (url) => Object.assign(new Image(), { src: url });

    async function sourceChanged(info) {
      if (!info) {
        if (room.view === "mask") room.show("stage");
        return;
      }
      seeThrough.hidden = !info.mask;
      if (info.source === shown) return;
      const picture = opened(A.inputUrl(info.source));
      await picture.decode();
      // Read before the sheet is there to draw on: what comes back must not cover what somebody draws meanwhile.
      const old = shown ? null : await maskOf(picture);
      shown = "";
      canvas.load(picture, picture.naturalWidth, picture.naturalHeight);
      shown = info.source;
      easel.draw();
      if (old) canvas.putMask(old);
      unsent = true;
      look();
    }

    async function maskOf(picture) {
      const kept = await A.kept(memory);
      if (kept?.size?.join() === [picture.naturalWidth, picture.naturalHeight].join()) return createImageBitmap(kept.blob);
      return props.value ? decoded(props.value).catch(() => null) : null;
    }

    async function decoded(name) {
      const image = opened(A.inputUrl(name));
      await image.decode();
      return image;
    }

    const fetched = async (name) => canvas.putMask(await decoded(name));

    const fromName = (name) => name && then(() => fetched(name));
    const fromFile = (chosen) => then(async () => {
      const told = await A.bring({ file: chosen, as: "mask", source: source?.info?.source ?? "" });
      await fetched(told.source);
      room.stage?.note(told.notices);
    });

    canvas.onChange(() => {
      if (!shown) return;
      unsent = true;
      clearError();
      keepSoon();
    });

    // After every stroke; one at a time, and once more for what came meanwhile.
    let keeping = null, again = false;
    const keep = async () => A.keep(memory, { size: canvas.size, blob: await canvas.flat() });
    function keepSoon() {
      again = Boolean(keeping);
      keeping ??= keep().finally(() => {
        keeping = null;
        if (again) keepSoon();
      });
    }
    const clearError = () => element.dispatchEvent(new Event("input", { bubbles: true }));

    /* ---- Paint takes it along ---- */

    room.before.push(async () => {
      if (mode() !== "inpaint" || !source?.info) return;
      await work;
      if (!unsent && props.value === sent) return;
      const blob = await canvas.flat();
      const told = await A.bring({ file: blob, as: "mask", source: source.info.source });
      sent = told.source;
      unsent = false;
      props.value = sent;
      trigger("input");
    });

    watch("value", () => {
      // The settings of another picture bring their own mask; its picture comes first.
      if (!props.value || props.value === sent) return;
      const name = props.value;
      sent = name;
      if (shown) A.afterwards(() => then(async () => {
        await fetched(name);
        look();
      }));
    });

    /* ---- mask, frame or result ---- */

    const mode = () => room.root.dataset.mode ?? "inpaint";
    function look() {
      room.show(source?.info ? (mode() === "outpaint" ? "frame" : "mask") : "stage");
    }
    A.mode = (tab, chosen) => {
      A.room(tab).root.dataset.mode = chosen || "inpaint";
      if (A.room(tab) === room) {
        back.replaceChildren(...backWords());
        look();
      }
    };
    const backWords = () => [A.icon("left"), A.say(mode() === "outpaint" ? "Back to the frame" : "Back to the mask")];
    const back = A.make("button", { type: "button", class: "chip", on: { click: look } }, ...backWords());
    room.when("stage").then((stage) => {
      stage.corner.append(back);
      room.onShow(() => {
        back.hidden = !source?.info;
        result.hidden = !stage.painted;
      });
    });
    // What was restored before this tab was drawn announces itself to nobody.
    A.afterwards(() => A.mode(room.name, room.find('[id$="-mode"] input:checked')?.value));
    room.when("source").then((object) => {
      source = object;
      source.onChange((info) => then(() => sourceChanged(info)));
    });
    room.ready("mask", { canvas, get kept() { return keeping; }, reveal: () => { if (source?.info) room.show("mask"); } });
  };
})();
