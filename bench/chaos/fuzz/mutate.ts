/** Spoils values and texts. */
import type { Draw } from './draw.ts';

/** What programs stumble over. Numbers beyond int32, int64 and float64 are written as text, see `spoilText`. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '\0',
  '\u202e',
  '\ud800',
  '__proto__',
  "'; drop table runs; --",
  '../../etc/passwd',
  'x'.repeat(70_000),
  -1,
  -0,
  0.5,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  1e308,
  5e-324,
  [],
  {},
  [[]],
  { __proto__: null, constructor: 1 },
  Array.from({ length: 2000 }, (_, i) => i),
  '2001-02-31',
  '+275760-09-13T00:00:00Z',
];

export const TEXTS: readonly string[] = [
  '',
  '-1',
  '0',
  '2147483648',
  '9007199254740993',
  '1e309',
  'NaN',
  'null',
  '%00',
  '%zz',
  '%',
  '..%2f..',
  '\0',
  'x'.repeat(5000),
  '2001-02-31',
  '+275760-09-13',
  'summary.loss <',
  '((((((((((',
  'a in (' + '1,'.repeat(500),
  '"\\',
  '☃'.repeat(50),
];

/** The value with one part of it spoiled. */
export function spoil(value: unknown, draw: Draw): unknown {
  if (value === null || typeof value !== 'object' || draw.chance(0.1)) return structuredClone(draw.pick(STRANGE));
  if (Array.isArray(value)) {
    if (value.length === 0 || draw.chance(0.2)) return [...(value as unknown[]), draw.pick(STRANGE)];
    const at = draw.below(value.length);
    return value.map((item: unknown, i) => (i === at ? spoil(item, draw) : item));
  }
  const keys = Object.keys(value);
  if (keys.length === 0 || draw.chance(0.15)) return { ...value, [draw.pick(TEXTS).slice(0, 200)]: 1 };
  const key = draw.pick(keys);
  const { [key]: spoiled, ...rest } = value as Record<string, unknown>;
  return draw.chance(0.15) ? rest : { ...rest, [key]: spoil(spoiled, draw) };
}

/** The text with bytes lost, doubled or exchanged, or numbers that no float64 has. */
export function spoilText(text: string, draw: Draw): string {
  const at = draw.below(text.length + 1);
  switch (draw.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + draw.pick(TEXTS) + text.slice(at);
    case 2:
      return text.replace(/\d+/, draw.pick(['1e999', '99999999999999999999', '-0', '0x10', '01']));
    case 3:
      return text + text;
    case 4:
      return '['.repeat(draw.pick([10, 1000, 50_000])) + text;
    default:
      return text.slice(0, at) + String.fromCharCode(draw.below(256)) + text.slice(at + 1);
  }
}
