/* Settings from a file: a PNG with a recipe, ours or another program's, dropped where no picture to begin with is asked for.
   The studio reads it; here only the right tab is opened and filled, and what was not understood is said. */
"use strict";
(() => {
  const A = window.Atelier;
  const TABS = ["text_to_image", "gallery"];

  A.importSettings = async (file) => {
    const form = new FormData();
    form.append("file", file);
    let answer;
    try {
      answer = await fetch("gallery/settings", { method: "POST", body: form });
    } catch {
      throw { message: A.say("The picture could not be sent."), hint: A.say("Try again.") };
    }
    const told = await answer.json().catch(() => ({ message: A.say("The file is larger than the studio takes."), hint: "" }));
    if (!answer.ok) throw told;
    const tab = A.tabs[told.kind];
    if (tab === "steps") await A.openSteps(told.kind);
    const stage = await A.openTab(tab).when("stage");
    stage.fill(told.settings);
    stage.note(told.notes);
    scrollTo({ top: 0 });
  };

  const place = (event) => {
    const room = A.current();
    const wanted = room && TABS.includes(room.name) && event.dataTransfer?.types.includes("Files") && !document.querySelector("dialog[open]");
    return wanted ? room : null;
  };
  let depth = 0;
  const over = (room, by) => {
    depth = Math.max(0, depth + by);
    room.root.classList.toggle("dropping-settings", depth > 0);
    room.root.dataset.drop = A.say("Drop a picture to use its settings");
  };
  document.addEventListener("dragenter", (event) => { const room = place(event); if (room) over(room, 1); });
  document.addEventListener("dragleave", (event) => { const room = place(event); if (room) over(room, -1); });
  document.addEventListener("dragover", (event) => { if (place(event)) event.preventDefault(); });
  document.addEventListener("drop", async (event) => {
    const room = place(event);
    if (!room) return;
    event.preventDefault();
    over(room, -depth);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    try {
      await A.importSettings(file);
    } catch (error) {
      if (room.stage) room.stage.note([`${error.message} ${error.hint ?? ""}`.trim()]);
      else room.part("gallery")?.fail(error);
    }
  });
})();
