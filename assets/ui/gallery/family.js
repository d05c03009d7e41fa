/* The family tree: what a picture was made from on the left, what was made from it on the right, lines between them. */
"use strict";
(() => {
  const A = window.Atelier;
  const WIDE = 128, HIGH = 104, SIDE = 72;

  /* open(picture) is called with a member that was pressed. */
  A.galleryFamily = (open) => {
    const node = A.make("section", { class: "family", hidden: true, "aria-label": A.say("Family tree") });

    async function show(id) {
      let told;
      try { told = await A.galleryAsk(`/${id}/family`); } catch { node.hidden = true; return; }
      const { members, ties } = told;
      const me = Object.keys(members).find((place) => members[place].id === id);
      const brought = Object.keys(members).filter((place) => members[place].brought);
      node.hidden = !me || (!ties.length && !brought.length);
      if (!node.hidden) draw(members, ties, me, await outsiders(members, brought));
    }

    // The picture somebody brought is shown by the first that was made from it.
    async function outsiders(members, places) {
      const told = await Promise.all(places.slice(0, 8).map(async (place) => {
        try { return [place, (await A.galleryAsk(`/${members[place].id}/source`)).source]; } catch { return [place, ""]; }
      }));
      return told.filter(([, source]) => source);
    }

    function draw(members, ties, me, outside) {
      const parents = new Map(ties.map((tie) => [tie.child, tie]));
      const children = new Map();
      for (const tie of ties) children.set(tie.parent, [...(children.get(tie.parent) ?? []), tie.child]);
      const gifts = new Map(outside);
      const spots = new Map(), lines = [];
      let rows = 0;
      const roots = Object.keys(members).filter((place) => !parents.has(place)).sort();
      const lay = (place, depth) => {
        const below = (children.get(place) ?? []).sort();
        const first = rows;
        for (const child of below) lay(child, depth + 1);
        if (!below.length) rows += 1;
        spots.set(place, { x: depth, y: below.length ? (spots.get(below[0]).y + spots.get(below.at(-1)).y) / 2 : first });
      };
      for (const root of roots) {
        lay(root, gifts.has(root) ? 1 : 0);
        if (gifts.has(root)) spots.set(`brought ${root}`, { x: 0, y: spots.get(root).y });
      }
      const at = (place) => ({ x: spots.get(place).x * WIDE, y: spots.get(place).y * HIGH });
      const nodes = [];
      for (const [place, picture] of Object.entries(members)) {
        const { x, y } = at(place), tie = parents.get(place), words = picture.prompt || A.say("untitled");
        const how = tie?.how ?? (gifts.has(place) ? A.say("Made from it") : "");
        const face = picture.damaged ? A.make("span", { class: "tile-note" }) : A.make("img", { src: `picture/${picture.id}/small`, alt: "" });
        nodes.push(A.make("button", { type: "button", class: "kin", "data-id": picture.id, "aria-current": place === me ? "true" : null, title: words,
          "aria-label": [how, words].filter(Boolean).join(": "), style: `left:${x}px;top:${y}px`, on: { click: () => open(picture) } },
          face, A.make("span", {}, how)));
        if (tie) lines.push([at(tie.parent), { x, y }]);
      }
      for (const [place, source] of outside) {
        const { x, y } = at(`brought ${place}`);
        nodes.push(A.make("span", { class: "kin kin-brought", style: `left:${x}px;top:${y}px` }, A.make("img", { src: A.inputUrl(source, true), alt: "" }), A.make("span", {}, A.say("Brought"))));
        lines.push([{ x, y }, at(place)]);
      }
      const wide = Math.max(...[...spots.values()].map((spot) => spot.x)) * WIDE + SIDE, high = Math.max(rows, 1) * HIGH;
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("width", wide);
      svg.setAttribute("height", high);
      svg.setAttribute("aria-hidden", "true");
      for (const [from, to] of lines) {
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        const x = from.x + SIDE, middle = (x + to.x) / 2, half = SIDE / 2;
        path.setAttribute("d", `M${x} ${from.y + half}C${middle} ${from.y + half} ${middle} ${to.y + half} ${to.x} ${to.y + half}`);
        svg.append(path);
      }
      const sheet = A.make("div", { class: "family-sheet", style: `width:${wide}px;height:${high}px` }, svg, ...nodes);
      const frame = A.make("div", { class: "family-frame", tabindex: "0", role: "group", "aria-label": A.say("Family tree") }, sheet);
      node.replaceChildren(A.make("h3", {}, A.say("Family tree")), frame);
      const mine = sheet.querySelector('[aria-current="true"]');
      frame.scrollLeft = mine.offsetLeft - frame.clientWidth / 2 + SIDE / 2;
      frame.scrollTop = mine.offsetTop - frame.clientHeight / 2 + SIDE / 2;
    }
    return { node, show };
  };
})();
