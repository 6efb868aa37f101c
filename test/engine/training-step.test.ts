import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { TrainingData } from '../../src/engine/network.ts';
import { initialState } from '../../src/engine/model/initial-state.ts';
import { maskName } from '../../src/engine/math/dropout.ts';
import { joinPrograms } from '../../src/engine/program/join.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import { Random } from '../../src/random.ts';
import type { LayerSpec, LossName, TrainingSpec } from '../../src/vocabulary/index.ts';
import { interpret } from './interpreter.ts';
import { classificationData, dense, regressionData, rows, SGD, training } from './specs.ts';

const BATCH = 6;

/** The training step in float64, as a function of the parameters. */
function openStep(layers: LayerSpec[], spec: TrainingSpec, data: TrainingData, indices = rows(BATCH)) {
  const { outline, slotCount, all } = planNetwork({ layers }, spec, data);
  const program = joinPrograms(all[0]!);
  const random = new Random(17, 'dropout');
  const masks = Object.fromEntries(
    outline.layers.flatMap((layer) =>
      layer.type === 'dropout' || layer.type === 'alphaDropout'
        ? [
            [
              maskName(layer),
              Uint8Array.from({ length: indices.length * layer.units }, () => Number(random.uniform() >= layer.rate)),
            ] as const,
          ]
        : [],
    ),
  );
  const state = initialState(outline, slotCount, spec.seed, undefined);
  const inputs = {
    indices,
    inputs: data.inputs,
    targets: data.targets,
    inverseBatch: [1 / indices.length],
    learningRate: [1],
    ...masks,
    statistics: state.statistics,
    probes: new Float64Array(3 * outline.watchedUnits),
  };
  return {
    outline,
    parameters: Float64Array.from(state.parameters),
    step: (parameters: Float64Array) => interpret(program, { ...inputs, parameters }, indices.length),
  };
}

const relu = { type: 'activation', activation: { type: 'relu' } } as const;
const linear = (units: number): LayerSpec => dense(units, { type: 'linear' });
const STACKS: Record<string, LayerSpec[]> = {
  'no hidden layer': [],
  'two dense layers': [dense(5, { type: 'tanh' }), dense(4, { type: 'gelu' })],
  prelu: [dense(5, { type: 'prelu', alpha: 0.25 })],
  dropout: [dense(6, { type: 'tanh' }), { type: 'dropout', rate: 0.4 }],
  'alpha dropout': [dense(6, { type: 'selu' }), { type: 'alphaDropout', rate: 0.3 }],
  'batch normalization': [
    linear(5),
    { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
    { type: 'activation', activation: { type: 'silu' } },
  ],
  'layer normalization': [
    linear(5),
    { type: 'layerNormalization', epsilon: 1e-3 },
    { type: 'activation', activation: { type: 'mish' } },
  ],
  'everything at once': [
    { type: 'batchNormalization', momentum: 0.5, epsilon: 1e-3 },
    linear(5),
    { type: 'layerNormalization', epsilon: 1e-3 },
    { type: 'activation', activation: { type: 'prelu', alpha: 0.25 } },
    { type: 'dropout', rate: 0.2 },
    dense(4, { type: 'softplus' }),
    { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
    { type: 'alphaDropout', rate: 0.2 },
  ],
};

for (const [name, layers] of Object.entries(STACKS)) {
  test(`the gradient of a model with ${name} agrees with central differences`, () => {
    const { parameters, step } = openStep(layers, training(), classificationData());
    checkGradient(parameters, step);
  });
}

const LOSSES: [LossName, TrainingData][] = [
  ['meanSquaredError', regressionData()],
  ['meanAbsoluteError', regressionData()],
  ['huber', { ...regressionData(), targets: regressionData().targets.map((y) => 4 * y) }],
  [
    'sigmoidCrossEntropy',
    {
      ...classificationData(48, 3, 2),
      task: 'multilabel',
      targets: Float32Array.from({ length: 96 }, (_, i) => (i * 7) % 2),
    },
  ],
];
for (const [loss, data] of LOSSES) {
  test(`the gradient of ${loss} agrees with central differences`, () => {
    const { parameters, step } = openStep([dense(4, { type: 'tanh' })], training({ loss }), data);
    checkGradient(parameters, step);
  });
}

type Step = ReturnType<typeof openStep>['step'];

/** Plain SGD at rate 1 subtracts exactly the gradient. */
function checkGradient(parameters: Float64Array, step: Step): void {
  const { states, outputs } = step(parameters);
  let squares = 0;
  parameters.forEach((original, index) => {
    const at = (shift: number): number => {
      const moved = parameters.slice();
      moved[index] = original + shift;
      return step(moved).outputs.loss![0]!;
    };
    const numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
    const analytic = original - states.parameters![index]!;
    squares += analytic * analytic;
    assert.ok(Math.abs(numeric - analytic) < 1e-6, `parameter ${index}: ${analytic} instead of ${numeric}`);
  });
  assert.ok(Math.abs(Math.sqrt(squares) - outputs.gradientNorm![0]!) < 1e-9);
}

test('softmax cross-entropy neither overflows nor loses its gradient at huge logits', () => {
  const data = { ...classificationData(), inputs: classificationData().inputs.map((x) => x * 1e6) };
  const { parameters, step } = openStep([], training(), data);
  const { outputs, states } = step(parameters);
  assert.ok(Number.isFinite(outputs.loss![0]!) && outputs.loss![0]! > 1000);
  assert.ok(states.parameters!.every(Number.isFinite));
});

test("probes sum over samples: fired, |output|, and |dLoss/dz| of each sample's own loss", () => {
  const data = classificationData();
  const layers = [dense(5), dense(4, { type: 'leakyRelu', alpha: 0.1 })];
  const { outline, parameters, step } = openStep(layers, training(), data);
  const neurons = outline.watchedUnits;
  const { probes } = step(parameters).states;
  const sums = new Float64Array(3 * neurons);
  const biases = outline.tensors.filter(({ kind, layer }) => kind === 'bias' && layer !== 'output');
  for (let row = 0; row < BATCH; row++) {
    const single = openStep(layers, training(), data, Int32Array.of(row)).step(parameters);
    single.states.probes!.subarray(0, 2 * neurons).forEach((value, index) => {
      sums[index]! += value;
    });
    // Of a single sample, dLoss/dz is the gradient of the bias, and plain SGD at rate 1 subtracts it.
    biases
      .flatMap(({ offset, size }) =>
        [...parameters.subarray(offset, offset + size)].map(
          (bias, unit) => bias - single.states.parameters![offset + unit]!,
        ),
      )
      .forEach((gradient, index) => {
        sums[2 * neurons + index]! += Math.abs(gradient);
      });
  }
  // The program's gradients are of the batch's mean: the network multiplies by the batch size.
  probes!.forEach((value, index) => {
    const scaled = index < 2 * neurons ? value : value * BATCH;
    assert.ok(Math.abs(scaled - sums[index]!) < 1e-6, `probe ${index}: ${scaled} instead of ${sums[index]}`);
  });
  assert.ok(sums.subarray(0, neurons).some((fired) => fired > 0 && fired < BATCH));
});

test('batch normalization: batch statistics normalise, and running statistics follow with factor 1 - momentum', () => {
  const data = regressionData();
  const { outline, parameters, step } = openStep(
    [{ type: 'batchNormalization', momentum: 0.8, epsilon: 1e-5 }],
    training({ loss: 'meanSquaredError' }),
    data,
  );
  const { statistics } = step(parameters).states;
  for (let feature = 0; feature < 3; feature++) {
    const column = Array.from({ length: BATCH }, (_, row) => data.inputs[row * 3 + feature]!);
    const mean = column.reduce((a, b) => a + b) / BATCH;
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / BATCH;
    assert.ok(Math.abs(statistics![feature]! - 0.2 * mean) < 1e-7);
    assert.ok(Math.abs(statistics![3 + feature]! - (0.8 + 0.2 * variance)) < 1e-7);
  }
  assert.equal(outline.statisticCount, 6);
});

test('clipping scales the whole gradient as clip_grad_norm_ does, and reports the norm before clipping', () => {
  const data = classificationData();
  const free = openStep([dense(4)], training(), data);
  const clipped = openStep([dense(4)], training({ clipNorm: 0.01 }), data);
  const loose = openStep([dense(4)], training({ clipNorm: 1000 }), data);
  const { parameters } = free;
  const [before, after] = [free.step(parameters), clipped.step(parameters)];
  const norm = before.outputs.gradientNorm![0]!;
  assert.equal(after.outputs.gradientNorm![0], norm);
  parameters.forEach((value, i) => {
    const expected = (value - before.states.parameters![i]!) * (0.01 / (norm + 1e-6));
    assert.ok(Math.abs(value - after.states.parameters![i]! - expected) < 1e-9);
  });
  assert.deepEqual(loose.step(parameters).states.parameters, before.states.parameters);
});

test('weight decay does not change the slopes of prelu', () => {
  const data = classificationData();
  const layers = [dense(4, { type: 'prelu', alpha: 0.25 })];
  const plain = openStep(layers, training(), data);
  const decayed = openStep(layers, training({ optimizer: { ...SGD, weightDecay: 0.5 } }), data);
  const { parameters, outline } = plain;
  const [without, with_] = [plain.step(parameters).states.parameters!, decayed.step(parameters).states.parameters!];
  for (const { kind, offset, size } of outline.tensors) {
    for (let i = offset; i < offset + size; i++) {
      const expected = kind === 'alpha' ? 0 : 0.5 * parameters[i]!;
      assert.ok(Math.abs(without[i]! - with_[i]! - expected) < 1e-9, `${kind} ${i}`);
    }
  }
});

test('neurons of a linear dense layer are those of the following activation, after its normalization', () => {
  const { outline } = openStep(
    [
      linear(3),
      { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 },
      relu,
      dense(2, { type: 'tanh' }),
      linear(2),
    ],
    training(),
    classificationData(),
  );
  assert.deepEqual(
    outline.watched.map(({ name, units, activation }) => [name, units, activation.type]),
    [
      ['dense_1', 3, 'relu'],
      ['dense_2', 2, 'tanh'],
      ['dense_3', 2, 'linear'],
    ],
  );
});
