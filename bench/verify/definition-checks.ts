/** V20, V22-V24 and V28: the definitions, as the engine measures them and the verdicts use them. */
import { judge, type InputBox } from '../../src/neurons/index.ts';
import { boundPreActivations } from '../../src/neurons/verdict/certificate.ts';
import { tauScores } from '../../src/neurons/definitions/published-definitions.ts';
import { Random } from '../../src/random.ts';
import type { LayerSpec } from '../../src/vocabulary/index.ts';
import { fourSigma, type Check, type Outcome, type Scale } from './check.ts';
import { allOf, open, regressionData, type Opened } from './network.ts';
import { forward, trace, type ReferenceLayer } from './reference-network.ts';

const SEED = 12;

/** A network with live and dead neurons, its data, and the same network in the reference. */
async function mixedNetwork(samples: number): Promise<Opened & { layers: ReferenceLayer[]; rows: number[][] }> {
  const random = new Random(SEED, 'risk', 50);
  const widths = [6, 24, 12, 2];
  const layers = widths.slice(1).map((units, k): ReferenceLayer => ({
    kernel: Array.from({ length: widths[k]! }, () => Array.from({ length: units }, () => Math.fround(random.normal()))),
    bias: Array.from({ length: units }, () => Math.fround(k < 2 ? -3 * random.normal() ** 2 : 0.1)),
    activation: { type: k < 2 ? 'relu' : 'linear' },
  }));
  const inputs = Float32Array.from({ length: samples * 6 }, () => 2 * random.uniform() - 1),
    targets = Float32Array.from({ length: samples * 2 }, () => random.normal());
  const opened = await open(
    {
      layers: [
        { type: 'dense', units: 24, activation: 'relu' },
        { type: 'dense', units: 12, activation: 'relu' },
      ],
      initialWeights: { kernels: layers.map(({ kernel }) => kernel), biases: layers.map(({ bias }) => bias) },
    },
    regressionData(inputs, targets, 6),
  );
  return {
    ...opened,
    layers,
    rows: Array.from({ length: samples }, (_, n) => Array.from(inputs.subarray(6 * n, 6 * n + 6))),
  };
}

async function definitionByGradients(): Promise<Outcome[]> {
  const { network, layers, rows, data } = await mixedNetwork(400);
  const {
    layers: [first],
  } = await network.inspect(allOf(data));
  await network.close();
  const traces = rows.map((row, n) => trace(layers, row, [data.targets[2 * n]!, data.targets[2 * n + 1]!]));
  const neurons = layers[0]!.bias.map((_, j) => j);
  // Per sample dL/dw_ij = x_i dL/dz_j: exactly zero for every row and weight where dL/dz_j is.
  const withoutGradient = neurons.filter((j) =>
    traces.every(({ gradients }, n) => rows[n]!.every((x) => 0 === x * gradients[0]![j]!)),
  );
  const silent = neurons.filter((j) => first!.fired[j] === 0),
    zeroInEngine = neurons.filter((j) => first!.maxAbsGradient[j] === 0);
  const differences = (a: number[], b: number[]): number =>
    neurons.filter((j) => a.includes(j) !== b.includes(j)).length;
  return [
    {
      quantity: `neurons of 24 where "never fires" (engine) and "no sample has a gradient" (reference) differ; ${silent.length} never fire`,
      expected: 0,
      ours: differences(silent, withoutGradient),
      tolerance: 0,
    },
    {
      quantity: 'neurons where "gradient exactly zero" of the engine differs from the reference',
      expected: 0,
      ours: differences(zeroInEngine, withoutGradient),
      tolerance: 0,
    },
    {
      quantity: 'neurons that never fire, so that there are enough of both kinds',
      expected: [4, 20],
      ours: silent.length,
      tolerance: 0,
    },
  ];
}

function batchFalseAlarm(scale: Scale): Outcome[] {
  const random = new Random(SEED, 'risk', 60),
    batches = scale === 'full' ? 100_000 : 10_000;
  let alarms = 0;
  for (let batch = 0; batch < batches; batch++) {
    let fires = false;
    for (let n = 0; n < 64; n++) if (random.uniform() < 0.01) fires = true;
    if (!fires) alarms++;
  }
  const expected = 0.99 ** 64;
  return [
    {
      quantity: 'share of batches of 64 in which a neuron that fires on 1 % looks dead',
      expected,
      ours: alarms / batches,
      tolerance: Math.min(0.01, fourSigma(expected, batches)) + (scale === 'full' ? 0 : 0.01),
    },
  ];
}

function certificates(scale: Scale): Outcome[] {
  const random = new Random(SEED, 'risk', 70);
  const networks = 50,
    tries = (scale === 'full' ? 1_000_000 : 50_000) / networks;
  let counterexamples = 0,
    proved = 0,
    worstCorner = 0;
  for (let n = 0; n < networks; n++) {
    const widths = [4, 8, 6];
    const layers = widths.slice(1).map((units, k): ReferenceLayer => ({
      kernel: Array.from({ length: widths[k]! }, () => Array.from({ length: units }, () => random.normal())),
      bias: Array.from({ length: units }, () => random.normal() - 1.5),
      activation: { type: 'relu' },
    }));
    const box: InputBox = {
      low: widths.slice(0, 1).flatMap((d) => Array.from({ length: d }, () => -random.uniform())),
      high: Array.from({ length: 4 }, () => random.uniform()),
    };
    const specs = layers.map(({ bias, activation }): LayerSpec => ({
      type: 'dense',
      units: bias.length,
      activation,
      kernelInitializer: { type: 'zeros' },
      biasInitializer: { type: 'zeros' },
    }));
    const bounds = boundPreActivations(
      specs,
      layers.map(({ kernel, bias }) => ({
        inputs: kernel.length,
        units: bias.length,
        kernel: kernel.flat(),
        bias,
        alpha: null,
      })),
      box,
    );
    proved += bounds.reduce((sum, { inBox }) => sum + inBox.filter((bound) => bound <= 0).length, 0);
    layers[0]!.bias.forEach((_, j) => {
      const corner = layers[0]!.kernel.map((row, i) => (row[j]! > 0 ? box.high[i]! : box.low[i]!));
      worstCorner = Math.max(
        worstCorner,
        Math.abs(trace(layers, corner, Array<number>(6).fill(0)).z[0]![j]! - bounds[0]!.inBox[j]!),
      );
    });
    for (let attempt = 0; attempt < tries; attempt++) {
      const input = Array.from({ length: 4 }, (_, i) => box.low[i]! + random.uniform() * (box.high[i]! - box.low[i]!));
      const { z } = forward(layers, input);
      z.forEach((values, k) =>
        values.forEach((value, j) => {
          if (bounds[k]!.inBox[j]! <= 0 && value > 0) counterexamples++;
        }),
      );
    }
  }
  return [
    {
      quantity: `inputs in the box that fire a neuron proved dead (${proved} proofs, ${tries * networks} inputs)`,
      expected: 0,
      ours: counterexamples,
      tolerance: 0,
    },
    { quantity: 'neurons proved dead of 700', expected: [20, 600], ours: proved, tolerance: 0 },
    {
      quantity:
        'largest difference between the bound and its value at the corner of the box that attains it, first layer',
      expected: 0,
      ours: worstCorner,
      tolerance: 1e-5,
    },
  ];
}

async function divergenceIsNotDeath(): Promise<Outcome[]> {
  const { network, spec, data } = await mixedNetwork(64);
  const state = network.readState();
  network.writeState({ ...state, parameters: state.parameters.map((value, i) => (i % 5 === 0 ? NaN : value)) });
  const verdict = judge({
    step: 0,
    measurement: await network.inspect(allOf(data)),
    isComplete: true,
    weights: network.weights(),
    layers: spec.model.layers,
    box: null,
    previous: null,
  });
  await network.close();
  return [
    { quantity: 'the verdict says finite', expected: 0, ours: Number(verdict.finite), tolerance: 0 },
    { quantity: 'neurons counted in it', expected: 0, ours: verdict.layers.length, tolerance: 0 },
  ];
}

export const definitionChecks: readonly Check[] = [
  {
    id: 'V20',
    setup: 'Dormant score of mean |h| = 0, 1, 3',
    source: 'google/dopamine, labs/redo/weight_recyclers.py; its author in google/dopamine#209: scores sum to H',
    run: () => {
      const scores = tauScores([0, 10, 30], 10);
      return [0, 0.75, 2.25].map((expected, j) => ({
        quantity: `score of neuron ${j}`,
        expected,
        ours: scores[j]!,
        tolerance: 1e-8,
      }));
    },
  },
  {
    id: 'V22',
    setup: 'First ReLU layer: a neuron never fires if and only if no sample has a gradient for its weights',
    source: 'Definition',
    run: definitionByGradients,
  },
  { id: 'V23', setup: 'One batch is not evidence', source: '(1 - q)^B with q = 1 %, B = 64', run: batchFalseAlarm },
  {
    id: 'V24',
    setup: 'Certificates of permanent death on random networks and boxes',
    source: 'Interval arithmetic (derived)',
    run: certificates,
  },
  {
    id: 'V28',
    setup: 'Weights that are NaN, through engine and verdict',
    source: 'NaN > 0 is false, so a naive detector reports every neuron as dead',
    run: divergenceIsNotDeath,
  },
];
