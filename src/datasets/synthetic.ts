/** Data sets that are drawn: each entry of a map makes one sample, the same ones for the same seed. */
import { Random } from '../random.ts';
import { BUILT_IN_DATASETS, type BuiltInDataset } from '../schemas/index.ts';
import type { Rows } from './rows.ts';

export type SyntheticDataset = {
  [K in BuiltInDataset]: (typeof BUILT_IN_DATASETS)[K]['kind'] extends 'synthetic' ? K : never;
}[BuiltInDataset];

/** One point of class `index`, before noise. */
type DrawPoint = (random: Random, index: number) => [x: number, y: number];

const onCircle = (radius: number, angle: number): [number, number] => [
  radius * Math.cos(angle),
  radius * Math.sin(angle),
];

const POINTS = {
  // Between 0.25 and 1.25 from each axis: noise then hardly ever carries a point over to the wrong quadrant.
  xor: (random, index) => {
    const x = 0.25 + random.uniform(),
      y = 0.25 + random.uniform();
    const sign = random.uniform() < 0.5 ? -1 : 1;
    return [sign * x, (index === 1 ? sign : -sign) * y];
  },
  circles: (random, index) => onCircle(index === 0 ? 1 : 0.5, 2 * Math.PI * random.uniform()),
  moons: (random, index) => {
    const [x, y] = onCircle(1, Math.PI * random.uniform());
    return index === 0 ? [x, y] : [1 - x, 0.5 - y];
  },
  // 1.75 turns from near the centre, where the arms begin, out to radius 1.
  spirals: (random, index) => {
    const radius = 0.05 + 0.95 * random.uniform();
    return onCircle(radius, 1.75 * 2 * Math.PI * radius + Math.PI * index);
  },
  gaussians: (_, index) => [index % 2 === 0 ? -1 : 1, index < 2 ? -1 : 1],
} satisfies Partial<Record<SyntheticDataset, DrawPoint>>;

/** y = f(x) for x uniform in [-range, range], before noise on y. */
const CURVES = {
  absolute: { range: Math.sqrt(3), f: Math.abs },
  sine: { range: Math.PI, f: Math.sin },
} satisfies Record<Exclude<SyntheticDataset, keyof typeof POINTS>, { range: number; f: (x: number) => number }>;

export const isSynthetic = (name: string): name is SyntheticDataset =>
  Object.hasOwn(POINTS, name) || Object.hasOwn(CURVES, name);

export function drawSynthetic(name: SyntheticDataset, samples: number, noise: number, seed: number): Rows {
  const random = new Random(seed, 'drawing');
  if (name in CURVES) return drawCurve(CURVES[name as keyof typeof CURVES], samples, noise, random);
  return drawPoints(POINTS[name as keyof typeof POINTS], BUILT_IN_DATASETS[name].outputs, samples, noise, random);
}

/** Classes take turns, so that they are balanced whatever the number of samples. */
function drawPoints(draw: DrawPoint, classes: number, samples: number, noise: number, random: Random): Rows {
  const inputs = new Float32Array(samples * 2),
    targets = new Int32Array(samples);
  for (let i = 0; i < samples; i++) {
    const index = i % classes;
    const [x, y] = draw(random, index);
    inputs[2 * i] = x + noise * random.normal();
    inputs[2 * i + 1] = y + noise * random.normal();
    targets[i] = index;
  }
  return { inputs, targets };
}

function drawCurve(
  { range, f }: { range: number; f: (x: number) => number },
  samples: number,
  noise: number,
  random: Random,
): Rows {
  const inputs = new Float32Array(samples),
    targets = new Float32Array(samples);
  for (let i = 0; i < samples; i++) {
    const x = Math.fround((2 * random.uniform() - 1) * range);
    inputs[i] = x;
    targets[i] = f(x) + noise * random.normal();
  }
  return { inputs, targets };
}
