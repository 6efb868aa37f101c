/** V1-V5 and V8: networks that are born dead (Lu, Shin, Su and Karniadakis, "Dying ReLU and Initialization", 2020). */
import { initializeDense } from '../../src/engine/math/initializers.ts';
import { Random } from '../../src/random.ts';
import { assessRisk, type DrawLayer } from '../../src/neurons/index.ts';
import { bornDeadLowerBound, bornDeadUpperBound } from '../../src/neurons/risk/published-bounds.ts';
import type { Initializer, LayerSpec } from '../../src/vocabulary/index.ts';
import { rate, type Check, type Scale } from './check.ts';

const SEED = 20_200_601;
const PAPER = 'Lu et al. 2020 (arXiv 1903.06733), bounds re-derived';

/**
 * Counts by the number of hidden layers after which the signal of x = 1, or of both rays x = 1 and x = -1, was dead.
 */
interface Deaths {
  atOne: Float64Array;
  atBoth: Float64Array;
  trials: number;
}

/**
 * ReLU networks with one input feature and no biases are positively homogeneous, so x = 1 and x = -1 stand for their
 * whole rays. Index h of the counts: dead within the first h hidden layers.
 */
function simulateDeaths(units: number, hidden: number, trials: number): Deaths {
  const random = new Random(SEED, 'initializer', units);
  const atOne = new Float64Array(hidden + 1),
    atBoth = new Float64Array(hidden + 1);
  for (let trial = 0; trial < trials; trial++) {
    let rays: [Float64Array, Float64Array] = [Float64Array.of(1), Float64Array.of(-1)];
    let isOneDead = false;
    for (let layer = 1; layer <= hidden; layer++) {
      const inputs = rays[0].length;
      const { kernel } = initializeDense(
        { type: 'heNormal' },
        { type: 'zeros' },
        { fanIn: inputs, fanOut: units },
        random,
      );
      rays = [rectify(rays[0], kernel, units), rectify(rays[1], kernel, units)];
      const [one, other] = [isZero(rays[0]), isZero(rays[1])];
      if (one && !isOneDead) {
        atOne[layer]!++;
        isOneDead = true;
      }
      if (one && other) {
        atBoth[layer]!++;
        break;
      }
    }
  }
  for (let layer = 1; layer <= hidden; layer++) {
    atOne[layer]! += atOne[layer - 1]!;
    atBoth[layer]! += atBoth[layer - 1]!;
  }
  return { atOne, atBoth, trials };
}

function rectify(x: Float64Array, kernel: Float32Array, units: number): Float64Array {
  const z = new Float64Array(units);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (value !== 0) for (let j = 0; j < units; j++) z[j]! += value * kernel[i * units + j]!;
  }
  for (let j = 0; j < units; j++) if (z[j]! < 0) z[j] = 0;
  return z;
}
const isZero = (x: Float64Array): boolean => x.every((value) => value === 0);

const simulated = new Map<string, Deaths>();
/** Each width is simulated once, as deep as needed, and read at several depths. */
function deathsOf(units: number, scale: Scale): Deaths {
  const key = `${units} ${scale}`;
  let deaths = simulated.get(key);
  // Enough trials that every stated tolerance is at least three standard errors.
  const trials = scale === 'quick' ? 4000 : units > 5 ? 200_000 : 500_000;
  if (deaths === undefined)
    simulated.set(key, (deaths = simulateDeaths(units, units === 3 || units === 4 ? 19 : 9, trials)));
  return deaths;
}

export const bornDeadChecks: readonly Check[] = [
  {
    id: 'V1',
    setup: 'Bias-free He networks, one input, L - 1 hidden ReLU layers of N: dead at x = 1',
    source: `${PAPER}: 1 - (1 - 2^-N)^(L-1), exact for one input`,
    run: (scale) =>
      [2, 3, 5, 10].map((units) => {
        const { atOne, trials } = deathsOf(units, scale);
        return rate(
          `N = ${units}, L = 10`,
          bornDeadUpperBound(Array<number>(9).fill(units)),
          atOne[9]!,
          trials,
          0.002,
          scale,
        );
      }),
  },
  {
    id: 'V2',
    setup: 'The same, dead at every input, L = 3',
    source: `${PAPER}: the lower bound is exact for L = 3: 5/32 and 11/256`,
    run: (scale) =>
      [
        [2, 5 / 32],
        [3, 11 / 256],
      ].map(([units, exact]) => {
        const { atBoth, trials } = deathsOf(units!, scale);
        return rate(`N = ${units}, L = 3`, exact!, atBoth[2]!, trials, 0.0025, scale);
      }),
  },
  {
    id: 'V3',
    setup: 'The same, L = 10',
    source: 'An independent simulation (numpy, 200,000 networks), and the published bounds',
    run: (scale) =>
      [
        [2, 0.8795],
        [3, 0.5775],
        [4, 0.2938],
        [5, 0.1276],
        [10, 0.0012],
      ].flatMap(([units, expected]) => {
        const { atBoth, trials } = deathsOf(units!, scale);
        const bounds = [bornDeadLowerBound(units!, 9), bornDeadUpperBound(Array<number>(9).fill(units!))] as const;
        return [
          rate(`N = ${units}`, expected!, atBoth[9]!, trials, 0.004, scale),
          rate(`N = ${units}, between the bounds`, bounds, atBoth[9]!, trials, 0, scale),
        ];
      }),
  },
  {
    id: 'V4',
    setup: 'The same, as the paper says: width 3 about 60 %, width 5 above 10 %, width 10 below 1 %',
    source: 'Lu et al. 2020, figure for ten layers',
    run: (scale) =>
      (
        [
          [3, [0.55, 0.65]],
          [5, [0.1, 0.2]],
          [10, [0, 0.01]],
        ] as const
      ).map(([units, range]) => {
        const { atBoth, trials } = deathsOf(units, scale);
        return rate(`N = ${units}, L = 10`, range, atBoth[9]!, trials, 0, scale);
      }),
  },
  {
    id: 'V5',
    setup: 'The same, L = 20',
    source: 'An independent simulation (numpy, 200,000 networks)',
    run: (scale) =>
      [
        [3, 0.8884],
        [4, 0.6257],
      ].map(([units, expected]) => {
        const { atBoth, trials } = deathsOf(units!, scale);
        return rate(`N = ${units}, L = 20`, expected!, atBoth[19]!, trials, 0.004, scale);
      }),
  },
  {
    id: 'V8',
    setup:
      'Nine hidden layers, constant on a grid over [-sqrt 3, sqrt 3], from the risk assessment of the service: He with zero biases compared with randomised asymmetric',
    source: 'An independent simulation (numpy, 4,000 networks)',
    run: (scale) =>
      (
        [
          ['heNormal', [0.878, 0.578, 0.288, 0.125]],
          ['randomizedAsymmetric', [0.232, 0.066, 0.016, 0.002]],
        ] as const
      ).flatMap(([type, expected]) =>
        expected.map((probability, index) => {
          const { successes, trials } = assessRepeatedly({ type }, index + 2, scale === 'full' ? 4 : 1);
          return rate(`${type}, N = ${index + 2}`, probability, successes, trials, 0.02, scale);
        }),
      ),
  },
];

const GRID = Float32Array.from({ length: 201 }, (_, i) => Math.sqrt(3) * (-1 + i / 100));

function assessRepeatedly(
  kernelInitializer: Initializer,
  units: number,
  rounds: number,
): { successes: number; trials: number } {
  const layers = Array.from({ length: 9 }, (): LayerSpec => ({
    type: 'dense',
    units,
    activation: { type: 'relu' },
    kernelInitializer,
    biasInitializer: { type: 'zeros' },
  }));
  let successes = 0,
    trials = 0;
  for (let round = 0; round < rounds; round++) {
    const draw: DrawLayer = (attempt, layer, inputs) => ({
      inputs,
      units,
      alpha: null,
      ...initializeDense(
        kernelInitializer,
        { type: 'zeros' },
        { fanIn: inputs, fanOut: units },
        new Random(SEED + round, 'initializer', attempt, layer),
      ),
    });
    const risk = assessRisk({ layers, features: 1, inputs: GRID, draw, isGiven: false });
    successes += Math.round(risk.bornDead.probability * risk.draws);
    trials += risk.draws;
  }
  return { successes, trials };
}
