/* From a result to the next tab: "Send to" and "Use as input" on every picture, and settings that open where they belong. */
"use strict";
(() => {
  const A = window.Atelier;
  const PLACES = [["stylise", "", "Stylise"], ["inpaint", "inpaint", "Inpaint"], ["inpaint", "outpaint", "Beyond the edge"], ["steps", "forward", "Order into noise"], ["steps", "recover", "There and back"]];

  A.send = async (picture, tab, mode = "") => {
    if (tab === "steps") {
      const panel = await A.openSteps(mode);
      scrollTo({ top: 0 });
      return panel.bring(picture.id);
    }
    const room = A.openTab(tab);
    const source = await room.when("source");
    if (mode) room.find(`[id$="-mode"] input[value="${mode}"]`)?.click();
    await source.bring(picture.id);
    room.show(mode === "outpaint" ? "frame" : mode ? "mask" : "stage");
    scrollTo({ top: 0 });
  };

  A.useSettings = async (room, picture) => {
    const tab = A.tabs[picture.kind] ?? room.name;
    // In the step viewer a kind of recipe has its panel.
    if (tab === "steps") await A.openSteps(picture.kind);
    const stage = await A.openTab(tab).when("stage");
    stage.use(picture.id);
  };

  A.sendMenu = (tool, chosen) => {
    const items = PLACES.map(([tab, mode, label]) => A.make("button", {
      type: "button", role: "menuitem", class: "menu-item", "data-to": mode || tab, on: { click: () => { toggle(false); A.send(chosen(), tab, mode); } },
    }, A.say(label)));
    const menu = A.make("div", { class: "menu", role: "menu", "aria-label": A.say("Send to"), hidden: true }, ...items);
    const button = tool("send", "send", "Send to", () => toggle(menu.hidden));
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-expanded", "false");
    const node = A.make("div", { class: "menu-place" }, button, menu);

    function toggle(open) {
      menu.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) items[0].focus();
    }
    node.addEventListener("keydown", (event) => {
      if (menu.hidden) return;
      const at = items.indexOf(document.activeElement);
      if (event.key === "Escape") {
        toggle(false);
        button.focus();
      } else if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
      else if (event.key === "ArrowUp") items[(at + items.length - 1) % items.length].focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    node.addEventListener("focusout", (event) => { if (!node.contains(event.relatedTarget)) toggle(false); });
    return node;
  };
})();
