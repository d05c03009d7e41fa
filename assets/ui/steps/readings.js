/* The numbers of one timestep, as text and, to the last digit, as the value of their elements. */
"use strict";
(() => {
  const A = window.Atelier;

  /* Numbers as print has them: a true minus, few digits, powers of ten where there are many noughts. */
  A.number = (value, digits = 4) => {
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    const small = value !== 0 && Math.abs(value) < 10 ** (1 - digits);
    if (!small) return value.toFixed(digits).replace("-", "−");
    const [mantissa, power] = value.toExponential(2).split("e");
    const raised = [...power.replace("+", "")].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
    return `${mantissa.replace("-", "−")} × 10${raised}`;
  };

  /* A part of a whole: as many digits more as it takes not to read as all of it. */
  A.share = (value, digits = 4, whole = 1) => {
    let more = digits;
    while (value < whole && Number(value.toFixed(more)) >= whole && more < 15) more++;
    return A.number(value, more);
  };

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
        show("alpha_bar", alphaBar, A.share(alphaBar));
        show("sigma", sigma, A.number(sigma));
        show("snr", snr, `${A.number(snr, 2)} dB`);
        show("signal", alphaBar, `${A.share(100 * alphaBar, 2, 100)} %`);
        fill.style.transform = `scaleX(${alphaBar})`;
      },
    };
  };
})();
