/* What is done to pictures, one or many: star, delete and undo, pack, compare. One request each; the list is told what came of it. */
"use strict";
(() => {
  const A = window.Atelier;
  const SHOWN = 20000;

  A.galleryAsk = async (path, asked) => {
    let answer;
    try {
      answer = await fetch(`gallery${path}`, asked === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) });
    } catch {
      throw { message: A.say("The studio does not answer."), hint: A.say("Try again."), status: 0 };
    }
    const told = await answer.json().catch(() => ({ message: A.say("The studio does not answer."), hint: A.say("Try again.") }));
    if (!answer.ok) throw { ...told, status: answer.status };
    return told;
  };

  /* One line at the foot of the page, with one thing to press. */
  A.galleryToast = () => {
    const words = A.make("span", { role: "status" });
    const act = A.make("button", { type: "button", class: "quiet-button", id: "gallery-undo" });
    const close = A.make("button", { type: "button", class: "round", "aria-label": A.say("Close"), on: { click: () => hide() } }, A.icon("close"));
    const node = A.make("div", { class: "toast", hidden: true }, words, act, close);
    let timer = 0;
    function hide() { node.hidden = true; words.textContent = ""; }
    function say(text, label = "", press = null) {
      clearTimeout(timer);
      // Above a dialog that is open, or nobody could press it.
      (document.querySelector("dialog[open]") ?? document.body).append(node);
      node.hidden = false;
      words.textContent = text;
      act.hidden = !label;
      act.textContent = label;
      act.onclick = () => { hide(); press(); };
      timer = setTimeout(hide, SHOWN);
    }
    return { say, hide, fail: (error) => say(`${error.message ?? error} ${error.hint ?? ""}`.trim()) };
  };

  /* A question with two answers; resolves to true or false. */
  A.galleryConfirm = (question, yes) => new Promise((answer) => {
    const node = A.make("dialog", { class: "question", "aria-label": question });
    const end = (said) => { answer(said); node.close(); };
    const no = A.make("button", { type: "button", class: "quiet-button", on: { click: () => end(false) } }, A.say("Keep"));
    node.append(A.make("p", {}, question), A.make("div", { class: "question-answers" }, no, A.make("button", { type: "button", class: "quiet-button wrong", on: { click: () => end(true) } }, yes)));
    node.addEventListener("close", () => { answer(false); node.remove(); });
    node.addEventListener("keydown", (event) => event.stopPropagation());
    document.body.append(node);
    node.showModal();
    no.focus();
  });

  A.galleryPack = (ids) => {
    // Into a frame of its own: should it be refused, the page stays.
    const frame = A.make("iframe", { name: "gallery-pack", hidden: true, title: A.say("Download ZIP") });
    const form = A.make("form", { method: "post", action: "gallery/zip", target: "gallery-pack", hidden: true }, A.make("input", { name: "ids", value: ids.join(",") }));
    document.querySelector("iframe[name=gallery-pack]")?.remove();
    document.body.append(frame, form);
    form.submit();
    form.remove();
  };

  /* Two of one shape under a divider; others side by side. */
  A.galleryCompare = (one, other) => {
    if (Math.abs(one.width / one.height - other.width / other.height) < 0.01) return A.compare(one, [other]);
    A.beside([one, other]);
  };

  /* The switch: pictures leave without their recipe. It is a cookie, so that the server keeps to it whatever is pressed. */
  A.galleryBare = (cookie) => {
    const place = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
    const box = A.make("input", { type: "checkbox", id: "gallery-bare", on: { change: () => {
      document.cookie = `${cookie}=${box.checked ? 1 : 0}; Path=/; Max-Age=31536000; ${place}`;
    } } });
    box.checked = new RegExp(`(?:^|; )${cookie}=1`).test(document.cookie);
    return A.make("label", { class: "bare", title: A.say("Pictures you download hold their words and settings. With this on, they hold pixels and nothing else.") }, box, A.say("Without recipe"));
  };
})();
