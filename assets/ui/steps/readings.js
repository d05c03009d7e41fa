/* The numbers of one timestep, as text and, to the last digit, as the value of their elements. */
"use strict";
(() => {
  const A = window.Atelier;

  A.readings = () => {
    const values = {};
    const pair = (name, label, title) => {
      values[name] = A.make("data", { id: `forward-${name}` });
      return A.make("div", { class: "reading-pair", title }, A.make("dt", {}, label), A.make("dd", {}, values[name]));
    };
    const fill = A.make("span", { class: "signal-fill" });
    const signal = pair("signal", A.say("signal left"), A.say("Share of signal variance left"));
    signal.classList.add("signal");
    signal.lastChild.append(A.make("span", { class: "signal-track", "aria-hidden": "true" }, fill));
    const node = A.make("dl", { class: "readings" },
      pair("t", A.say("timestep t"), A.say("How many steps of noise")),
      pair("alpha_bar", "ᾱ", A.say("Share of signal variance left")),
      pair("sigma", "σ", A.say("Noise where the signal keeps its size")),
      pair("snr", A.say("signal to noise"), A.say("Signal-to-noise ratio in decibel")), signal);
    const show = (name, value, text) => {
      values[name].value = value;
      values[name].textContent = text;
    };
    return {
      node,
      draw(t, alphaBar) {
        const sigma = Math.sqrt((1 - alphaBar) / alphaBar), snr = 10 * Math.log10(alphaBar / (1 - alphaBar));
        show("t", t, String(t));
        show("alpha_bar", alphaBar, A.number(alphaBar));
        show("sigma", sigma, A.number(sigma));
        show("snr", snr, `${A.number(snr, 2)} dB`);
        show("signal", alphaBar, `${A.number(100 * alphaBar, 2)} %`);
        fill.style.transform = `scaleX(${alphaBar})`;
      },
    };
  };
})();
