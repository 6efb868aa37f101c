/** V9-V11: neurons whose probability of being born dead is known exactly, and the constants of SELU. */
import { boundPreActivations } from '../../src/neurons/verdict/certificate.ts';
import { SELU } from '../../src/engine/math/activations.ts';
import { Random } from '../../src/random.ts';
import type { LayerSpec } from '../../src/vocabulary/index.ts';
import { rate, type Check, type Scale } from './check.ts';
import { gaussianMean, solvePair, studentCdf } from './quadrature.ts';

const SEED = 1907;

/** A ReLU neuron with normal weights and bias on the ball of radius r in R^d is dead if b + r |w| <= 0. */
function deadOnBall(dimension: number, radius: number, trials: number): number {
  const random = new Random(SEED, 'risk', dimension);
  let dead = 0;
  for (let trial = 0; trial < trials; trial++) {
    let square = 0;
    for (let i = 0; i < dimension; i++) square += random.normal() ** 2;
    if (random.normal() + radius * Math.sqrt(square) <= 0) dead++;
  }
  return dead;
}

/** The same on an interval, decided by our certificate for a layer of neurons. */
function provedDeadOnInterval(radius: number, units: number): number {
  const random = new Random(SEED, 'risk', 100);
  const kernel = Float64Array.from({ length: units }, () => random.normal()),
    bias = Float64Array.from({ length: units }, () => random.normal());
  const layer: LayerSpec = {
    type: 'dense',
    units,
    activation: { type: 'relu' },
    kernelInitializer: { type: 'zeros' },
    biasInitializer: { type: 'zeros' },
  };
  const [bounds] = boundPreActivations([layer], [{ inputs: 1, units, kernel, bias, alpha: null }], {
    low: [-radius],
    high: [radius],
  });
  return bounds!.inBox.reduce((count, bound) => count + Number(bound <= 0), 0);
}

/** A neuron above n ReLU neurons on the real line, all with normal weights and biases, whose output is 0 everywhere. */
function deadOnTheLine(below: number, trials: number): number {
  const random = new Random(SEED, 'risk', 200 + below);
  let dead = 0;
  for (let trial = 0; trial < trials; trial++) {
    const neurons = Array.from({ length: below }, () => ({
      w: random.normal(),
      b: random.normal(),
      out: random.normal(),
    }));
    const bias = random.normal();
    const z = (x: number): number => neurons.reduce((sum, { w, b, out }) => sum + out * Math.max(0, w * x + b), bias);
    // The function is piecewise linear, so it is largest at a kink unless it rises forever on one side.
    const slope = (side: 1 | -1): number =>
      neurons.reduce((sum, { w, out }) => sum + (side * w > 0 ? out * Math.abs(w) : 0), 0);
    if (slope(1) <= 0 && slope(-1) <= 0 && neurons.every(({ w, b }) => z(-b / w) <= 0)) dead++;
  }
  return dead;
}

/**
 * Constants for which normal inputs of the given mean and variance give outputs with the same mean and variance
 * (Klambauer et al. 2017, equations 4 and 5).
 */
function solveSelu(mean: number, variance: number): [alpha: number, lambda: number] {
  const deviation = Math.sqrt(variance);
  return solvePair(
    (alpha, lambda) => {
      const selu = (z: number): number => lambda * (z > 0 ? z : alpha * Math.expm1(z));
      const first = gaussianMean(selu, mean, deviation),
        second = gaussianMean((z) => selu(z) ** 2, mean, deviation);
      return [first - mean, second - first * first - variance];
    },
    [1.7, 1.05],
  );
}

const trialsFor = (scale: Scale): number => (scale === 'full' ? 1_000_000 : 40_000);

export const closedFormChecks: readonly Check[] = [
  {
    id: 'V9',
    setup: 'First-layer neuron, normal weights and bias, inputs in a ball of radius r in d dimensions: born dead',
    source: "Student's t distribution, F_d(-r sqrt d); d = 1: atan(1/r)/pi (derived)",
    run: (scale) => {
      const trials = trialsFor(scale);
      return [
        rate('d = 1, r = 1, by certificate', 0.25, provedDeadOnInterval(1, trials), trials, 0.001, scale),
        ...(
          [
            [1, 1],
            [1, Math.sqrt(3)],
            [2, 1],
            [3, 1],
            [5, 1],
          ] as const
        ).map(([d, r]) =>
          rate(
            `d = ${d}, r = ${r === 1 ? '1' : 'sqrt 3'}`,
            studentCdf(-r * Math.sqrt(d), d),
            deadOnBall(d, r, trials),
            trials,
            0.001,
            scale,
          ),
        ),
      ];
    },
  },
  {
    id: 'V10',
    setup: 'Neuron in the second layer, one input, symmetric weights and biases: zero on the whole line',
    source: 'Brownlowe et al. (arXiv 2412.06829): 1/2^(n1+1) for n1 = 1, (2^n0+1)/4^(n0+1) for n1 = n0 + 1',
    run: (scale) => {
      const trials = trialsFor(scale);
      return [
        rate('n1 = 1', 1 / 4, deadOnTheLine(1, trials), trials, 0.001, scale),
        rate('n1 = 2', 3 / 16, deadOnTheLine(2, trials), trials, 0.001, scale),
      ];
    },
  },
  {
    id: 'V11',
    setup: 'SELU: the constants that keep the mean and variance of a normal input, solved for and in the engine',
    source: 'bioinf-jku/SNNs, getSELUparameters.ipynb',
    run: () => {
      const [alpha, lambda] = solveSelu(0, 1),
        [otherAlpha, otherLambda] = solveSelu(-0.1, 2);
      return [
        { quantity: 'alpha (0, 1)', expected: 1.6732632423543778, ours: alpha, tolerance: 1e-9 },
        { quantity: 'lambda (0, 1)', expected: 1.0507009873554805, ours: lambda, tolerance: 1e-9 },
        { quantity: 'alpha (-0.1, 2)', expected: 1.9769021954242014, ours: otherAlpha, tolerance: 1e-9 },
        { quantity: 'lambda (-0.1, 2)', expected: 1.073851239616046, ours: otherLambda, tolerance: 1e-9 },
        { quantity: 'alpha of the engine', expected: 1.6732632423543778, ours: SELU.alpha, tolerance: 1e-9 },
        { quantity: 'lambda of the engine', expected: 1.0507009873554805, ours: SELU.scale, tolerance: 1e-9 },
      ];
    },
  },
];
