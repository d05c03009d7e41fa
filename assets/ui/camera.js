/* The camera: a look through it, and one picture. Where the device has a camera program of its own (phones), that one is asked instead. */
"use strict";
(() => {
  const A = window.Atelier;

  /** A button that is hidden until there is a camera; `take` gets the picture as a file would come. */
  A.camera = (button, take) => {
    if (matchMedia("(pointer: coarse)").matches) {
      const input = A.make("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", tabindex: "-1", "aria-label": A.say("Camera"), on: { change: () => {
        if (input.files.length) take(input.files[0]);
        input.value = "";
      } } });
      button.addEventListener("click", () => input.click());
      return A.make("span", {}, button, input);
    }
    button.hidden = true;
    navigator.mediaDevices?.enumerateDevices().then((all) => { button.hidden = !all.some((one) => one.kind === "videoinput"); }).catch(() => {});
    button.addEventListener("click", () => look(take));
    return button;
  };

  async function look(take) {
    const video = A.make("video", { autoplay: true, playsinline: true, muted: true });
    const said = A.make("p", { role: "status" }, A.say("Waiting for the camera"));
    const shoot = A.make("button", { type: "button", class: "quiet-button", disabled: true, on: { click: () => {
      const sheet = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
      sheet.getContext("2d").drawImage(video, 0, 0);
      sheet.toBlob((blob) => { node.close(); take(blob); }, "image/png");
    } } }, A.icon("camera"), A.say("Take the picture"));
    const close = A.make("button", { type: "button", class: "quiet-button", on: { click: () => node.close() } }, A.say("Close"));
    const node = A.make("dialog", { class: "viewer camera", "aria-label": A.say("Camera") }, video, said, A.make("div", { class: "camera-bar" }, shoot, close));
    let stream = null;
    node.addEventListener("close", () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
      node.remove();
    });
    document.body.append(node);
    node.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
      if (!node.open) return stream.getTracks().forEach((track) => track.stop());
      video.srcObject = stream;
      await video.play();
      said.textContent = "";
      shoot.disabled = false;
      shoot.focus();
    } catch {
      said.textContent = A.say("The camera cannot be used. Allow it in the browser, or choose a file.");
    }
  }
})();
