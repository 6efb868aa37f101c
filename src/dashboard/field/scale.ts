/**
 * The one colour scale: how often a neuron fires, as the brightness of an ember. Lightness rises evenly in OKLab, so
 * that equal steps look equal. The position on the scale is the square root of the fraction: 1 % must differ from 0.
 */
const LEVELS = 256;

export const levelOf = (fired: number): number => Math.round(Math.sqrt(Math.min(1, Math.max(0, fired))) * (LEVELS - 1));

/** OKLCH to sRGB, 0..255; the matrices are Björn Ottosson's. Colours out of gamut are clipped. */
function oklch(lightness: number, chroma: number, hue: number): [number, number, number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180),
    b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** A linear channel, 0..1, as sRGB, 0..255. */
const gamma = (x: number) =>
  Math.round(255 * Math.min(1, Math.max(0, x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055)));

export function emberAt(t: number): [number, number, number] {
  return oklch(0.27 + 0.68 * t, 0.05 + 0.1 * Math.sin(Math.PI * t) ** 0.9, 34 + 56 * t);
}

/** One little-endian RGBA word per level, for image data. */
export const EMBER = Uint32Array.from({ length: LEVELS }, (_, level) => {
  const [red, green, blue] = emberAt(level / (LEVELS - 1));
  return (0xff << 24) | (blue << 16) | (green << 8) | red;
});

/** The board that the lamps sit on is dark in both themes: light is only seen against the dark. */
export const BOARD = {
  background: '#15120f',
  hole: '#241f1b',
  out: '#8fb2e8',
  mark: '#b9ab99',
  text: '#a2968a',
  strong: '#efe7dc',
  cursor: '#ffffff',
} as const;
/** The cold fill of a lamp that is out, as an image word. */
export const OUT_WORD = 0xff000000 | (0x31 << 16) | (0x24 << 8) | 0x1b;

export const EMBER_CSS = (level: number): string => `rgb(${emberAt(level / (LEVELS - 1)).join(' ')})`;
