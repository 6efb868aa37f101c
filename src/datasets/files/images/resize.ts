/** Images in another size, or with other channels. */
import type { Image } from './decode.ts';

/** Grey as luma (ITU-R BT.601); grey to colour as three equal channels. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const { width, height, pixels } = image;
  const changed = new Uint8Array(width * height * channels);
  if (channels === 3) for (let i = 0; i < changed.length; i++) changed[i] = pixels[Math.floor(i / 3)]!;
  else
    for (let i = 0; i < changed.length; i++)
      changed[i] = Math.round(0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!);
  return { width, height, channels, pixels: changed };
}

/**
 * Linear interpolation, whose triangle is as wide as the step between new pixels where the image shrinks, so that no old
 * pixel is passed over.
 */
export function resize(image: Image, width: number, height: number): Image {
  if (image.width === width && image.height === height) return image;
  const { channels } = image;
  const across = resample(image.pixels, image.height, image.width, channels, weightsFor(image.width, width));
  // Columns become rows, so that the same loop does both directions.
  const down = resample(
    transpose(across, image.height, width, channels),
    width,
    image.height,
    channels,
    weightsFor(image.height, height),
  );
  const pixels = Uint8Array.from(transpose(down, width, height, channels), (value) => Math.round(value));
  return { width, height, channels, pixels };
}

interface Weights {
  first: number;
  weights: number[];
}

/** For each new place, the old ones that it is made of; their weights add up to 1. */
function weightsFor(before: number, after: number): Weights[] {
  const step = before / after,
    radius = Math.max(1, step);
  return Array.from({ length: after }, (_, i) => {
    const center = (i + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(center - radius)),
      last = Math.min(before - 1, Math.floor(center + radius));
    const weights = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k - center) / radius),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function resample(
  pixels: Uint8Array | Float32Array,
  rows: number,
  columns: number,
  channels: number,
  weights: readonly Weights[],
): Float32Array {
  const sampled = new Float32Array(rows * weights.length * channels);
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (const { first, weights: own } of weights)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let k = 0; k < own.length; k++) sum += own[k]! * pixels[(row * columns + first + k) * channels + channel]!;
        sampled[at++] = sum;
      }
  return sampled;
}

function transpose(pixels: Float32Array, rows: number, columns: number, channels: number): Float32Array {
  const turned = new Float32Array(pixels.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < channels; channel++)
        turned[(column * rows + row) * channels + channel] = pixels[(row * columns + column) * channels + channel]!;
  return turned;
}
