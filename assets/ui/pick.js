/* One of a few: style tiles, shapes, numbers, lists. Real radio buttons and real lists inside, so arrow keys, screen readers and
   phones treat them as such. The value is the name of the choice. */
"use strict";
(() => {
  const A = window.Atelier;
  let groups = 0;

  A.pick = (element, props, trigger, watch, drawn) => {
    const root = element.querySelector(".pick");
    root.dataset.look = drawn.look;
    const choose = (name) => {
      if (props.value === name) return;
      props.value = name;
      sync();
      trigger("input");
      element.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const draw = { list, colour }[drawn.look] ?? radios;
    const sync = draw(root, props, choose, drawn);
    watch("value", sync);
    sync();
  };

  function radios(root, props, choose, { choices, look, title: name }) {
    const group = `pick-${++groups}`;
    const inputs = choices.map((choice) =>
      A.make("input", {
        type: "radio", name: group, value: choice.name, class: "unseen",
        on: { change: () => choose(choice.name) },
      }));
    const labels = choices.map((choice, i) => {
      const title = A.make("span", { class: "option-title" }, A.say(choice.title));
      return A.make("label", { class: "option", "data-name": choice.name }, inputs[i], face(look, choice, i), title);
    });
    const legend = A.make("legend", {}, A.say(name));
    const told = look === "segments" && choices.some((choice) => choice.help);
    const help = told ? A.make("p", { class: "help" }) : null;
    root.replaceChildren(A.make("fieldset", {}, legend, A.make("div", { class: "options" }, ...labels), ...(help ? [help] : [])));
    return () => {
      inputs.forEach((input, i) => { input.checked = choices[i].name === props.value; });
      if (help) help.textContent = A.say(choices.find((choice) => choice.name === props.value)?.help ?? "");
    };
  }

  function face(look, choice, i) {
    if (look === "shapes") {
      const [width, height] = choice.size?.length ? choice.size : [4, 3];
      const box = A.make("span", { class: "shape", "aria-hidden": "true" });
      if (!choice.size?.length) box.classList.add("free");
      const longest = Math.max(width, height);
      box.style.width = `${(18 * width) / longest}px`;
      box.style.height = `${(18 * height) / longest}px`;
      return A.make("span", { class: "shape-place" }, box);
    }
    if (look !== "tiles") return null;
    if (choice.image && A.thumbnails.includes(choice.image.replace("atelier/", "")))
      return A.make("img", { class: "tile", src: choice.image, alt: "", loading: "lazy" });
    const plain = A.make("span", { class: "tile plain", "aria-hidden": "true" });
    if (choice.name === "none") plain.classList.add("none");
    plain.style.setProperty("--hue", (i * 67 + 20) % 360);
    return plain;
  }

  function colour(root, props, choose, { title }) {
    const id = `pick-${++groups}`;
    const input = A.make("input", { type: "color", id, class: "colour", on: { input: () => choose(input.value) } });
    root.replaceChildren(A.make("label", { class: "legend", for: id }, A.say(title)), input);
    return () => { input.value = props.value || "#808080"; };
  }

  function list(root, props, choose, { choices, title }) {
    const id = `pick-${++groups}`;
    const select = A.make("select", { id, "aria-describedby": `${id}-help`, on: {
      change: () => choose(choices[select.selectedIndex].name),
    } }, ...choices.map((choice) => A.make("option", { value: choice.name }, A.say(choice.title))));
    const help = A.make("p", { class: "help", id: `${id}-help` });
    root.replaceChildren(A.make("label", { class: "legend", for: id }, A.say(title)), select, help);
    return () => {
      const index = choices.findIndex((choice) => choice.name === props.value);
      select.selectedIndex = index;
      help.textContent = index < 0 ? "" : A.say(choices[index].help ?? "");
    };
  }
})();
