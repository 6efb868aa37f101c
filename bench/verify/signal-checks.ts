/** V12-V14: what activations and initial weights do to a normal signal. */
import { initializeDense } from '../../src/engine/math/initializers.ts';
import { Random } from '../../src/random.ts';
import { activate } from '../../src/neurons/activation.ts';
import type { Activation, Initializer } from '../../src/vocabulary/index.ts';
import type { Check, Outcome, Scale } from './check.ts';
import { open, regressionData } from './network.ts';
import { gaussianMean } from './quadrature.ts';

const SEED = 12;

/** [activation, E f(z), E f(z)^2] of z ~ N(0, 1); leaky and prelu with their slopes. */
const MOMENTS: readonly [Activation, first: number, second: number][] = [
  [{ type: 'relu' }, 0.398942, 0.5],
  [{ type: 'leakyRelu', alpha: 0.01 }, 0.394953, 0.50005],
  [{ type: 'leakyRelu', alpha: 0.3 }, 0.27926, 0.545],
  [{ type: 'prelu', alpha: 0.25 }, 0.299207, 0.53125],
  [{ type: 'elu', alpha: 1 }, 0.160521, 0.644945],
  [{ type: 'gelu' }, 0.282095, 0.425221],
  [{ type: 'silu' }, 0.206621, 0.355776],
  [{ type: 'softplus' }, 0.806059, 0.921246],
  [{ type: 'mish' }, 0.240404, 0.452342],
  [{ type: 'selu' }, 0, 1],
];

/** The activation as the engine computes it, in a network that does nothing else. */
async function momentsOfEngine(activation: Activation): Promise<[number, number]> {
  const data = regressionData(Float32Array.of(0, 1), Float32Array.of(0, 1), 1);
  const { network } = await open(
    { layers: [{ type: 'dense', units: 1, activation }], initialWeights: { kernels: [[[1]], [[1]]] } },
    data,
  );
  const nodes = Float32Array.from({ length: 8001 }, (_, i) => -8 + i / 500);
  const values = await network.predict(nodes);
  await network.close();
  const at = (z: number): number => values[Math.round((z + 8) * 500)]!;
  // The nodes of Simpson's rule on [-8, 0] and [0, 8]. The rest is less than 1e-14.
  return [simpsonOnGrid(at), simpsonOnGrid((z) => at(z) ** 2)];
}

function simpsonOnGrid(f: (z: number) => number): number {
  const h = 1 / 500;
  let sum = 0;
  for (let i = 0; i <= 8000; i++) {
    const z = -8 + i * h,
      end = i === 0 || i === 8000;
    sum += (end ? 1 : i % 2 ? 4 : 2) * f(z) * Math.exp(-0.5 * z * z);
  }
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

/**
 * Mean and mean square of the outputs of each of many wide layers for standard normal inputs, averaged over networks.
 */
function signalThrough(
  activation: Activation,
  kernelInitializer: Initializer,
  width: number,
  depth: number,
  networks: number,
  samples: number,
) {
  const means = new Float64Array(depth),
    squares = new Float64Array(depth),
    preSquares = new Float64Array(depth);
  for (let n = 0; n < networks; n++) {
    const random = new Random(SEED, 'risk', n);
    let x = Float64Array.from({ length: samples * width }, () => random.normal());
    for (let layer = 0; layer < depth; layer++) {
      const { kernel } = initializeDense(
        kernelInitializer,
        { type: 'zeros' },
        { fanIn: width, fanOut: width },
        new Random(SEED, 'initializer', n, layer),
      );
      const z = multiply(x, kernel, width);
      x = z.map((value) => activate(activation, value));
      for (let k = 0; k < x.length; k++) {
        means[layer]! += x[k]! / x.length / networks;
        squares[layer]! += x[k]! ** 2 / x.length / networks;
        preSquares[layer]! += z[k]! ** 2 / x.length / networks;
      }
    }
  }
  return { means, squares, preSquares };
}

function multiply(x: Float64Array, kernel: Float32Array, width: number): Float64Array {
  const z = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += width) {
    for (let i = 0; i < width; i++) {
      const value = x[row + i]!;
      if (value !== 0) for (let j = 0; j < width; j++) z[row + j]! += value * kernel[i * width + j]!;
    }
  }
  return z;
}

function ratios(name: string, activation: Activation, initializer: Initializer, scale: Scale): Outcome[] {
  const { preSquares } = signalThrough(activation, initializer, 512, 8, scale === 'full' ? 8 : 1, 32);
  const growth = (preSquares.at(-1)! / preSquares[0]!) ** (1 / (preSquares.length - 1));
  return [
    {
      quantity: `${name}: E z^2 of a layer over that of the previous one, mean of 7`,
      expected: 1,
      ours: growth,
      tolerance: scale === 'full' ? 0.05 : 0.15,
    },
  ];
}

const selu = (z: number): number => activate({ type: 'selu' }, z);

export const signalChecks: readonly Check[] = [
  {
    id: 'V12',
    setup:
      'SELU keeps mean 0 and variance 1: exactly for one standard normal input, approximately through 32 layers of 256 with LeCun normal weights',
    source: 'Klambauer et al. 2017 (arXiv 1706.02515)',
    run: (scale) => {
      const { means, squares } = signalThrough(
        { type: 'selu' },
        { type: 'lecunNormal' },
        256,
        32,
        scale === 'full' ? 6 : 1,
        64,
      );
      const mean = means.at(-1)!;
      return [
        { quantity: 'E selu(z)', expected: 0, ours: gaussianMean(selu), tolerance: 1e-9 },
        { quantity: 'E selu(z)^2', expected: 1, ours: gaussianMean((z) => selu(z) ** 2), tolerance: 1e-9 },
        { quantity: 'mean after 32 layers', expected: 0, ours: mean, tolerance: 0.1 },
        {
          quantity: 'variance after 32 layers',
          expected: 1,
          ours: squares.at(-1)! - mean ** 2,
          tolerance: scale === 'full' ? 0.1 : 0.3,
        },
      ];
    },
  },
  {
    id: 'V13',
    setup: 'E f(z) and E f(z)^2 of z ~ N(0, 1) for every activation, by the engine (float32) and by the scalar form',
    source: 'Independent Simpson integration (numpy); closed forms for ReLU and its leaky variants',
    run: async () => {
      const outcomes: Outcome[] = [];
      for (const [activation, first, second] of MOMENTS) {
        const name = 'alpha' in activation ? `${activation.type} ${activation.alpha}` : activation.type;
        const [engineFirst, engineSecond] = await momentsOfEngine(activation);
        outcomes.push({ quantity: `${name}, mean, engine`, expected: first, ours: engineFirst, tolerance: 1e-5 });
        outcomes.push({
          quantity: `${name}, mean square, engine`,
          expected: second,
          ours: engineSecond,
          tolerance: 1e-5,
        });
        outcomes.push({
          quantity: `${name}, mean, scalar`,
          expected: first,
          ours: gaussianMean((z) => activate(activation, z)),
          tolerance: 1e-5,
        });
        outcomes.push({
          quantity: `${name}, mean square, scalar`,
          expected: second,
          ours: gaussianMean((z) => activate(activation, z) ** 2),
          tolerance: 1e-5,
        });
      }
      return outcomes;
    },
  },
  {
    id: 'V14',
    setup:
      'The scale of the signal is preserved through layers of 512: He weights for ReLU, sqrt(2 / ((1 + a^2) n)) for Leaky ReLU',
    source: 'He et al. 2015 (arXiv 1502.01852)',
    run: (scale) => [
      ...ratios('ReLU, heNormal', { type: 'relu' }, { type: 'heNormal' }, scale),
      ...ratios(
        'Leaky ReLU 0.3',
        { type: 'leakyRelu', alpha: 0.3 },
        { type: 'randomNormal', mean: 0, stddev: Math.sqrt(2 / (1.09 * 512)) },
        scale,
      ),
    ],
  },
];
