/** Data sets that are drawn at random: one map entry each, which draws one sample. The same seed gives the same data. */
import { Random } from '../random.ts';
import { BUILT_IN_DATASETS, isBuiltInDataset, type BuiltInDataset } from '../vocabulary/index.ts';
import type { Rows } from './rows.ts';

type SyntheticDataset = {
  [K in BuiltInDataset]: (typeof BUILT_IN_DATASETS)[K]['kind'] extends 'synthetic' ? K : never;
}[BuiltInDataset];

/** One point of class `index`, before noise. */
type DrawPoint = (random: Random, index: number) => [x: number, y: number];

const onCircle = (radius: number, angle: number): [number, number] => [
  radius * Math.cos(angle),
  radius * Math.sin(angle),
];

const POINTS = {
  // Between 0.25 and 1.25 from each axis, so noise hardly ever moves a point to the wrong quadrant.
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
  // 1.75 turns, from near the centre out to radius 1.
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

const isCurve = (name: SyntheticDataset): name is keyof typeof CURVES => Object.hasOwn(CURVES, name);
export const isSynthetic = (name: string): name is SyntheticDataset =>
  isBuiltInDataset(name) && BUILT_IN_DATASETS[name].kind === 'synthetic';

export function drawSynthetic(name: SyntheticDataset, samples: number, noise: number, seed: number): Rows {
  const random = new Random(seed, 'drawing');
  if (isCurve(name)) return drawCurve(CURVES[name], samples, noise, random);
  return drawPoints(POINTS[name], BUILT_IN_DATASETS[name].outputs, samples, noise, random);
}

/** Classes alternate, so they are balanced for every number of samples. */
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
  return { inputs, targets, shared: [] };
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
  return { inputs, targets, shared: [] };
}
