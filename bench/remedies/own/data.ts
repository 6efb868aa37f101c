/** Data as people bring it: in its own units, not centred, not balanced. The same seed gives the same rows. */
import { Random } from '../../../src/random.ts';
import type { InlineData } from '../../../src/vocabulary/index.ts';

type Draw = (random: Random, n: number) => { input: number[]; target: number | number[] };

function table(task: InlineData['task'], seed: number, samples: number, draw: Draw): InlineData {
  const random = new Random(seed, 'drawing');
  const rows = Array.from({ length: samples }, (_, n) => draw(random, n));
  return {
    task,
    inputs: rows.map(({ input }) => input.map(brief)),
    targets: rows.map(({ target }) => target) as number[] | number[][],
  };
}

/** As numbers stand in a file. */
const brief = (value: number): number => Number(value.toPrecision(7));
const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();
const clip = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Square metres, rooms, year built and distance to the centre; price in units of `unit`. */
export const houses = (samples: number, unit = 1, seed = 1): InlineData =>
  table('regression', seed, samples, (random) => {
    const area = between(random, 28, 260),
      rooms = clip(Math.round(area / 28 + random.normal()), 1, 9),
      built = Math.round(between(random, 1890, 2022)),
      distance = between(random, 0.2, 35);
    const price =
      (1500 * area + 9000 * rooms + 400 * (built - 1890)) * (0.75 + 0.5 * Math.exp(-distance / 8)) +
      12_000 * random.normal();
    return { input: [area, rooms, built, distance], target: price / unit };
  });

/** Years of work, years of school, age, hours a week, all standardised; salary a year. */
export const salaries = (samples: number, seed = 2): InlineData =>
  table('regression', seed, samples, (random) => {
    const input = Array.from({ length: 4 }, () => random.normal());
    const [work = 0, school = 0, age = 0, hours = 0] = input;
    return {
      input,
      target:
        61_000 + 14_000 * Math.tanh(work) + 9000 * school + 2500 * age * work + 4000 * hours + 1500 * random.normal(),
    };
  });

/** Pressure in Pa, temperature in K, humidity from 0 to 1, CO2 in ppm; the power of the plant in units of `unit` watts. */
export const plant = (samples: number, unit = 1, seed = 3): InlineData =>
  table('regression', seed, samples, (random) => {
    const pressure = 101_325 + 900 * random.normal(),
      temperature = 291 + 8 * random.normal(),
      humidity = between(random, 0.2, 0.95),
      carbon = 415 + 60 * Math.abs(random.normal());
    const watts =
      4.5e6 -
      21_000 * (temperature - 291) +
      45 * (pressure - 101_325) -
      90_000 * humidity * ((temperature - 291) / 8) ** 2;
    return { input: [pressure, temperature, humidity, carbon], target: (watts + 10_000 * random.normal()) / unit };
  });

/** Friedman (1991): ten features from 0 to 1, of which five matter; targets from about 0 to 30. */
export const friedman = (samples: number, seed = 4, noise = 0.5): InlineData =>
  table('regression', seed, samples, (random) => {
    const input = Array.from({ length: 10 }, () => random.uniform());
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = input;
    return {
      input,
      target: 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + noise * random.normal(),
    };
  });

/** Twelve months of passengers, in thousands, and the month after them. */
export const passengers = (samples: number, seed = 5): InlineData =>
  table('regression', seed, samples, (random, n) => {
    const month = (k: number): number =>
      (110 + 2.6 * k) * (1 + 0.18 * Math.sin((2 * Math.PI * k) / 12)) + 3 * random.normal();
    return { input: Array.from({ length: 12 }, (_, k) => month(n + k)), target: month(n + 12) };
  });

/** A share's five last closes and the next one, which follows their trend. */
export const closes = (samples: number, seed = 6): InlineData =>
  table('regression', seed, samples, (random) => {
    const slope = 6 * random.normal(),
      start = 1800 + 40 * random.normal();
    const close = (k: number): number => start + slope * k + 2 * random.normal();
    return { input: Array.from({ length: 5 }, (_, k) => close(k)), target: close(5) };
  });

/** Seconds since 1970 over one day, and what a sensor read then: a daily wave. */
export const clock = (samples: number, seed = 7): InlineData =>
  table('regression', seed, samples, (random, n) => {
    const second = Math.round((86_400 * (n + random.uniform())) / samples);
    return { input: [1_700_006_400 + second], target: Math.sin((2 * Math.PI * second) / 86_400) };
  });

/** Standard normal features and a smooth target of their first three; `offset + scale` times a number of size one. */
export const smooth = (samples: number, features: number, offset = 0, scale = 1, seed = 8, noise = 0.05): InlineData =>
  table('regression', seed, samples, (random) => {
    const input = Array.from({ length: features }, () => random.normal());
    const [a = 0, b = 0, c = 0] = input;
    return { input, target: offset + scale * (Math.sin(1.5 * a) + 0.5 * b * c + 0.3 * b + noise * random.normal()) };
  });

/** A straight line drowned in noise: no model explains more than about `share` of the variance. */
export const noisyLine = (samples: number, share: number, seed = 9): InlineData =>
  table('regression', seed, samples, (random) => {
    const input = Array.from({ length: 3 }, () => random.normal());
    const signal = (input[0]! - input[1]!) / Math.SQRT2;
    return { input, target: Math.sqrt(share) * signal + Math.sqrt(1 - share) * random.normal() };
  });

/** Three targets in three units: a yield from 0 to 1, a temperature near 350 and a pressure near 200,000. */
export const reactor = (samples: number, seed = 10): InlineData =>
  table('regression', seed, samples, (random) => {
    const input = Array.from({ length: 5 }, () => between(random, -1, 1));
    const [a = 0, b = 0, c = 0, d = 0] = input;
    return {
      input,
      target: [0.5 + 0.4 * Math.tanh(a + b * c), 350 + 20 * b - 15 * d * d, 200_000 + 30_000 * c + 12_000 * a * d],
    };
  });

/** Rows that are copied: the target is the input, on a curved surface of `dimensions` dimensions. */
export const copied = (samples: number, features: number, dimensions: number, seed = 11): InlineData => {
  const random = new Random(seed, 'choice');
  const mix = Array.from({ length: features }, () => Array.from({ length: dimensions }, () => random.normal()));
  return table('regression', seed, samples, (random) => {
    const hidden = Array.from({ length: dimensions }, () => random.normal());
    const row = mix.map((weights) =>
      brief(Math.tanh(weights.reduce((sum, weight, k) => sum + weight * hidden[k]!, 0))),
    );
    return { input: row, target: row };
  });
};

/** Clouds of points, one a class, around random centres at distance `apart`. */
export const clouds = (samples: number, features: number, classes: number, apart: number, seed = 12): InlineData => {
  const random = new Random(seed, 'choice');
  const centres = Array.from({ length: classes }, () =>
    Array.from({ length: features }, () => (apart / Math.SQRT2 / Math.sqrt(features)) * random.normal()),
  );
  return table('classification', seed, samples, (random, n) => ({
    input: centres[n % classes]!.map((centre) => centre + random.normal()),
    target: n % classes,
  }));
};

/** Red, green and blue of a pixel, 0 to 255; the class is its hue: red, yellow, green, cyan, blue or magenta. */
export const colours = (samples: number, seed = 13): InlineData =>
  table('classification', seed, samples, (random) => {
    const input = Array.from({ length: 3 }, () => random.below(256));
    const [red = 0, green = 0, blue = 0] = input;
    const hue = Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue);
    return { input, target: Math.floor((((hue / (2 * Math.PI)) * 6 + 6.5) % 6) + 1e-9) };
  });

/** Readings that all lie near `level`, with a spread of `spread`; the class is which two of them differ in sign. */
export const readings = (samples: number, level: number, spread: number, seed = 14): InlineData =>
  table('classification', seed, samples, (random) => {
    const raw = Array.from({ length: 4 }, () => random.normal());
    const [a = 0, b = 0, c = 0] = raw;
    return { input: raw.map((value) => level + spread * value), target: a + b > 0.2 * c ? 1 : 0 };
  });

/** Customers: months, fee, calls, data, complaints. A share of `leaving` leaves, and looks only somewhat different. */
export const customers = (samples: number, leaving: number, apart: number, seed = 15): InlineData =>
  table('classification', seed, samples, (random, n) => {
    const leaves = Math.floor((n + 1) * leaving) > Math.floor(n * leaving) ? 1 : 0;
    const shift = leaves * apart;
    return {
      input: [
        clip(30 - 9 * shift + 14 * random.normal(), 1, 90),
        29 + 4 * shift + 8 * random.normal(),
        clip(3 + 1.2 * shift + 2 * random.normal(), 0, 30),
        12 + 6 * random.normal(),
        clip(0.5 + 0.6 * shift + random.normal(), 0, 9),
      ],
      target: leaves,
    };
  });

/** Machine states: normal nearly always, worn and broken seldom. */
export const machines = (samples: number, seed = 16): InlineData =>
  table('classification', seed, samples, (random, n) => {
    const state = n % 50 === 7 ? 2 : n % 20 === 3 ? 1 : 0;
    const vibration = state === 0 ? 0 : state === 1 ? 1.3 : 1.8;
    return {
      input: [
        vibration + random.normal(),
        (state === 2 ? 1.6 : 0) + random.normal(),
        0.6 * vibration + random.normal(),
        random.normal(),
        random.normal(),
      ],
      target: state,
    };
  });

/** Words of a short text as 0 and 1, and the tags that its words belong to. */
export const tags = (samples: number, words: number, labels: number, seed = 17): InlineData =>
  table('multilabel', seed, samples, (random) => {
    const input = Array.from({ length: words }, () => (random.uniform() < 0.12 ? 1 : 0));
    const target = Array.from({ length: labels }, (_, label) =>
      input.filter((has, word) => has === 1 && word % labels === label).length >=
      Math.max(1, Math.round((0.12 * words) / labels))
        ? 1
        : 0,
    );
    return { input, target };
  });

/** Tags of which each is on for a few rows only, and not quite told by the features. */
export const rareTags = (samples: number, seed = 18): InlineData =>
  table('multilabel', seed, samples, (random) => {
    const target = [0.04, 0.06, 0.03].map((share) => (random.uniform() < share ? 1 : 0));
    const input = [...target.map((on) => 1.9 * on + random.normal()), random.normal(), random.normal()];
    return { input, target };
  });

/** FizzBuzz as ten bits: the number, "Fizz", "Buzz" or "FizzBuzz" for 101 to 1023. */
export const fizzBuzz = (): InlineData =>
  table('classification', 0, 923, (_, n) => {
    const number = 101 + n;
    return {
      input: Array.from({ length: 10 }, (_, bit) => (number >> bit) & 1),
      target: number % 15 === 0 ? 3 : number % 5 === 0 ? 2 : number % 3 === 0 ? 1 : 0,
    };
  });

/** All rows of `bits` bits; the class is whether an odd number of them is set. */
export const parity = (bits: number): InlineData =>
  table('classification', 0, 2 ** bits, (_, n) => {
    const input = Array.from({ length: bits }, (_, bit) => (n >> bit) & 1);
    return { input, target: input.reduce((sum, bit) => sum + bit, 0) % 2 };
  });

/** Every fourth label is wrong. */
export const mislabelled = (samples: number, seed = 19): InlineData =>
  table('classification', seed, samples, (random) => {
    const input = [random.normal(), random.normal()];
    const right = Math.hypot(...input) > 1.2 ? 1 : 0;
    return { input, target: random.uniform() < 0.25 ? 1 - right : right };
  });

/** Ten points of a parabola, as in a first tutorial. */
export const parabola = (samples: number, range: number): InlineData =>
  table('regression', 0, samples, (_, n) => {
    const x = range * ((2 * n) / (samples - 1) - 1);
    return { input: [x], target: x * x };
  });

/** A function on evenly spaced points. */
export const curve = (samples: number, low: number, high: number, f: (x: number) => number): InlineData =>
  table('regression', 0, samples, (_, n) => {
    const x = brief(low + ((high - low) * n) / (samples - 1));
    return { input: [x], target: f(x) };
  });

/** Four gauges: 1 to 4 beside a constant, and ten times as much. */
export const gauges = (): InlineData =>
  table('regression', 0, 4, (_, n) => ({ input: [n + 1, 1], target: 10 * (n + 1) }));

/** Bits, and a weighted sum of them with products of neighbours. */
export const bitSums = (samples: number, bits: number, seed = 20): InlineData => {
  const random = new Random(seed, 'choice');
  const weights = Array.from({ length: bits }, () => random.normal() / Math.sqrt(bits / 4));
  return table('regression', seed, samples, (random) => {
    const input = Array.from({ length: bits }, () => random.below(2));
    const target = weights.reduce(
      (sum, weight, k) => sum + weight * (input[k]! + input[k]! * input[(k + 1) % bits]!),
      0,
    );
    return { input, target };
  });
};

/** Three classes of which the first is 7.5 times as common as each of the others. */
export const prevalent = (samples: number, seed = 22): InlineData =>
  table('classification', seed, samples, (random, n) => {
    const label = n % 19 < 15 ? 0 : n % 19 < 17 ? 1 : 2;
    const shift = [0, 1.5, -1.5][label]!;
    return {
      input: [
        shift + random.normal(),
        0.7 * shift + random.normal(),
        random.normal(),
        random.normal(),
        random.normal(),
      ],
      target: label,
    };
  });
