/* The forward process in the browser: arrays as the studio sends them, x_t from them by the formula, and their pictures on canvas.
   Everything is planar float32: pixels (3, H, W) in [-1, 1], latents (C, h, w). */
"use strict";
(() => {
  const A = window.Atelier;

  /* The tensors of a safetensors file: name -> { shape, data }. Only float32, which is all the studio sends here. */
  A.tensors = (buffer) => {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    const tensors = {};
    for (const [name, { shape, data_offsets: [from, to] }] of Object.entries(header)) {
      if (name === "__metadata__") continue;
      tensors[name] = { shape, data: new Float32Array(buffer.slice(8 + length + from, 8 + length + to)) };
    }
    return tensors;
  };

  /* x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) eps, into `out`. */
  A.noised = (x0, eps, alphaBar, out) => {
    const signal = Math.sqrt(alphaBar), noise = Math.sqrt(1 - alphaBar);
    for (let i = 0; i < out.length; i++) out[i] = signal * x0[i] + noise * eps[i];
    return out;
  };

  /* The linear part of a decoder: every cell of a latent (C, h, w) becomes p x p pixels; pixels in the order of pixel_shuffle. */
  A.projected = ({ shape: [C, h, w], data }, weight) => {
    const patch = Math.round(Math.sqrt(weight.shape[0] / 3)), W = w * patch, H = h * patch;
    const out = new Float32Array(3 * H * W);
    for (let row = 0; row < weight.shape[0]; row++) {
      const colour = Math.floor(row / (patch * patch)), dy = Math.floor(row / patch) % patch, dx = row % patch;
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
        let sum = 0;
        for (let c = 0; c < C; c++) sum += weight.data[row * C + c] * data[(c * h + y) * w + x];
        out[(colour * H + y * patch + dy) * W + x * patch + dx] = sum;
      }
    }
    return { shape: [3, H, W], data: out };
  };

  /* What `projected` leaves out: the same for every cell. */
  A.projectionBias = (bias, [, H, W]) => {
    const patch = Math.round(Math.sqrt(bias.data.length / 3));
    const out = new Float32Array(3 * H * W);
    for (let c = 0; c < 3; c++) for (let y = 0; y < H; y++) for (let x = 0; x < W; x++)
      out[(c * H + y) * W + x] = bias.data[(c * patch + (y % patch)) * patch + (x % patch)];
    return out;
  };

  function sheet(canvas, width, height) {
    if (canvas.width !== width || canvas.height !== height || !canvas.sheet) {
      canvas.width = width;
      canvas.height = height;
      canvas.sheet = canvas.getContext("2d").createImageData(width, height);
      canvas.sheet.data.fill(255);
      canvas.tiles = 0;
    }
    return canvas.sheet;
  }

  /* Pixels (3, H, W), plus an offset when there is one; what lies beyond [-1, 1] is cut. */
  A.paintPixels = (canvas, values, [, H, W], offset = null) => {
    const image = sheet(canvas, W, H), { data } = image, area = H * W;
    for (let i = 0; i < area; i++)
      for (let c = 0; c < 3; c++) {
        const at = c * area + i;
        data[4 * i + c] = ((offset ? values[at] + offset[at] : values[at]) + 1) * 127.5;
      }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };

  /* The channels of a latent (C, h, w) as tiles, from -3 (ink) to 3 (paper); one cell between them. */
  A.paintTiles = (canvas, values, [C, h, w], columns, rows) => {
    const W = columns * (w + 1) - 1, H = rows * (h + 1) - 1;
    const image = sheet(canvas, W, H), { data } = image;
    if (canvas.tiles !== columns) {
      data.fill(0);
      canvas.tiles = columns;
    }
    for (let c = 0; c < C; c++) {
      const left = (c % columns) * (w + 1), top = Math.floor(c / columns) * (h + 1);
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
        const share = Math.min(1, Math.max(0, values[(c * h + y) * w + x] / 6 + 0.5));
        const at = 4 * ((top + y) * W + left + x);
        data[at] = 31 + 220 * share;
        data[at + 1] = 28 + 221 * share;
        data[at + 2] = 24 + 222 * share;
        data[at + 3] = 255;
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };

  /* Density of values in equal bins from low to high; what lies beyond counts in no bin, but in the total. */
  A.density = (values, low, high, bins) => {
    const counts = new Float64Array(bins), scale = bins / (high - low);
    for (let i = 0; i < values.length; i++) {
      const bin = Math.floor((values[i] - low) * scale);
      if (bin >= 0 && bin < bins) counts[bin]++;
    }
    return counts.map((count) => (count * scale) / values.length);
  };
})();
