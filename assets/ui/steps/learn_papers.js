/* The papers the tour stands on: who, when, what, and what to look for in them. */
"use strict";
(() => {
  const A = window.Atelier, T = (A.tour ??= {});

  const PAPERS = {
    sohl2015: ["Sohl-Dickstein et al. 2015", "Deep Unsupervised Learning using Nonequilibrium Thermodynamics", "1503.03585", () => A.say("Where it began: destroy a picture slowly with noise, learn to undo it.")],
    song2019: ["Song & Ermon 2019", "Generative Modeling by Estimating Gradients of the Data Distribution", "1907.05600", () => A.say("The other root: learn in which direction pictures become likelier.")],
    ho2020: ["Ho et al. 2020", "Denoising Diffusion Probabilistic Models", "2006.11239", () => A.say("The equations of chapters 1 and 3; predicting the noise is all it takes.")],
    song2021: ["Song et al. 2021", "Denoising Diffusion Implicit Models", "2010.02502", () => A.say("Leaps instead of a thousand steps, and no dice on the way.")],
    sde2021: ["Song et al. 2021", "Score-Based Generative Modeling through Stochastic Differential Equations", "2011.13456", () => A.say("Both roots joined: noise to picture as a path that can be solved like any other.")],
    nichol2021: ["Nichol & Dhariwal 2021", "Improved Denoising Diffusion Probabilistic Models", "2102.09672", () => A.say("The cosine schedule, by which the built-in model learned.")],
    sdedit2022: ["Meng et al. 2022", "SDEdit: Guided Image Synthesis and Editing with Stochastic Differential Equations", "2108.01073", () => A.say("Begin from a picture instead of pure noise: what Stylise does.")],
    rombach2022: ["Rombach et al. 2022", "High-Resolution Image Synthesis with Latent Diffusion Models", "2112.10752", () => A.say("Do all of it in a small latent space: Stable Diffusion.")],
    salimans2022: ["Salimans & Ho 2022", "Progressive Distillation for Fast Sampling of Diffusion Models", "2202.00512", () => A.say("Predict v, a mix of noise and picture, and stay exact at both ends.")],
    karras2022: ["Karras et al. 2022", "Elucidating the Design Space of Diffusion-Based Generative Models", "2206.00364", () => A.say("Samplers in one language: noise levels sigma, Euler, Heun.")],
    lu2022: ["Lu et al. 2022", "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model Sampling in Around 10 Steps", "2206.00927", () => A.say("Solve the easy part of the path exactly, and ten steps are enough.")],
    lupp2022: ["Lu et al. 2022", "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", "2211.01095", () => A.say("The same for guided pictures: DPM++ 2M on the menu.")],
    ho2022: ["Ho & Salimans 2022", "Classifier-Free Diffusion Guidance", "2207.12598", () => A.say("The equation of chapter 4.")],
    zhao2023: ["Zhao et al. 2023", "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models", "2302.04867", () => A.say("Predict a step, then correct it with what was seen there.")],
    luo2023: ["Luo et al. 2023", "Latent Consistency Models: Synthesizing High-Resolution Images with Few-Step Inference", "2310.04378", () => A.say("Train a model for the one big leap of chapter 2.")],
    lin2024: ["Lin et al. 2024", "Common Diffusion Noise Schedules and Sample Steps are Flawed", "2305.08891", () => A.say("Why the last timestep must be noise alone.")],
    lee2024: ["Lee et al. 2024", "Diffusion Explainer: Visual Explanation for Text-to-image Stable Diffusion", "2305.03509", () => A.say("Another tour, of Stable Diffusion, in the browser.")],
  };

  const link = (key, text) => A.make("a", { href: `https://arxiv.org/abs/${PAPERS[key][2]}`, target: "_blank", rel: "noopener" }, text);

  /* A line that names a few papers. */
  T.papersLine = (keys) => {
    const node = A.make("p", { class: "learn-more" }, `${A.say("Read more:")} `);
    keys.forEach((key, i) => node.append(...(i ? [" · "] : []), link(key, PAPERS[key][0])));
    return node;
  };

  T.papersPage = () => A.make("ol", { class: "learn-papers" }, ...Object.entries(PAPERS).map(([key, [who, title, number, note]]) => A.make("li", {},
    A.make("p", { class: "learn-who" }, who),
    A.make("p", { class: "learn-title", lang: "en" }, link(key, title), A.make("span", {}, `arXiv:${number}`)),
    A.make("p", { class: "learn-note" }, note()))));
})();
