import { test } from 'node:test';
import assert from 'node:assert/strict';
import { extendWindow, gatherEvidence, openWindow, relativeChange } from '../../src/neurons/index.ts';
import { weightsOf } from '../../bench/verify/reference-network.ts';
import type { LossName } from '../../src/vocabulary/index.ts';
import { describeRows, grid, oneLayer, verdictOf } from './fixtures.ts';

const close = (actual: number | null, expected: number, tolerance = 1e-6): void =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test('the data give the box, the centring and the loss of the best constant', () => {
  const data = {
    task: 'regression' as const,
    featureCount: 2,
    outputCount: 1,
    inputs: Float32Array.of(0, 10, 2, 10, 4, 13, 100, 100),
    targets: Float32Array.of(1, 2, 3, 99),
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
  const { figures, box, inputMean } = describeRows(data, Int32Array.of(0, 1, 2), 'meanSquaredError');
  assert.deepEqual(Array.from(box.low), [0, 10]);
  assert.deepEqual(Array.from(box.high), [4, 13]);
  assert.deepEqual([...inputMean], [2, 11]);
  close(figures.inputMeanToDeviation, Math.sqrt(2 ** 2 + 11 ** 2) / Math.sqrt(8 / 3 + 2));
  assert.equal(figures.largestInput, 13);
  close(figures.targetMean, 2);
  close(figures.baselineLoss, 2 / 3);
  close(describeRows(data, Int32Array.of(0, 1, 2), 'meanAbsoluteError').figures.baselineLoss, 2 / 3);
});

test('normalised targets: the figures are those of the raw ones, and the baseline is in the unit that is minimised', () => {
  const targets = [1e6, 3e6, 2e6, 1e6, 5e6, 5e6, 5e6, 5e6];
  const data = {
    task: 'regression' as const,
    featureCount: 1,
    outputCount: 2,
    inputs: [0, 1, 2, 3],
    // The second output is constant.
    targets: Float32Array.from([0, 1, 2, 3].flatMap((i) => [targets[i]!, targets[4 + i]!])),
    normalization: null,
    targetNormalization: { shift: [2e6, 5e6], scale: [1e-6, 1] },
    classWeights: null,
  };
  const figures = (loss: LossName) => describeRows(data, Int32Array.of(0, 1, 2, 3), loss).figures;
  // In normalised units the first output is -1, 1, 0, -1.
  const { targetMean, targetDeviation, baselineLoss } = figures('meanSquaredError');
  close(targetMean, Math.hypot(1.75e6, 5e6), 1);
  close(targetDeviation, Math.sqrt(11 / 16) * 1e6, 1);
  close(baselineLoss, 11 / 16 / 2);
  close(figures('meanAbsoluteError').baselineLoss, 3 / 4 / 2);
});

const huberBaseline = (targets: number[]): number | null =>
  describeRows(
    {
      task: 'regression',
      featureCount: 1,
      outputCount: 1,
      inputs: targets.map((_, i) => i),
      targets: Float32Array.from(targets),
      normalization: null,
      targetNormalization: null,
      classWeights: null,
    },
    Int32Array.from(targets, (_, i) => i),
    'huber',
  ).figures.baselineLoss;

test('the baseline of weighted classes is that of their weighted shares, and of weighted labels that of weighted positives', () => {
  const all = Int32Array.of(0, 1, 2, 3);
  const inputs = [0, 1, 2, 3];
  const whole = { featureCount: 1, inputs, normalization: null, targetNormalization: null };
  const ofClasses = (classWeights: number[] | null): number | null =>
    describeRows(
      { ...whole, task: 'classification', outputCount: 2, targets: [0, 0, 0, 1], classWeights },
      all,
      'softmaxCrossEntropy',
    ).figures.baselineLoss;
  close(ofClasses(null), -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25));
  close(ofClasses([1, 3]), Math.log(2));
  close(ofClasses([2 / 3, 2]), Math.log(2));
  const ofLabel = (classWeights: number[] | null): number | null =>
    describeRows(
      { ...whole, task: 'multilabel', outputCount: 1, targets: [0, 0, 0, 1], classWeights },
      all,
      'sigmoidCrossEntropy',
    ).figures.baselineLoss;
  close(ofLabel(null), ofClasses(null)!);
  // -(3 y log q + (1 - y) log(1 - q)) is least at q = 1 / 2: (0.75 + 0.75) log 2.
  close(ofLabel([3]), 1.5 * Math.log(2));
});

test('the best constant under the huber loss is found between mean and median', () => {
  close(huberBaseline([3, 3, 3]), 0);
  // Errors below 1 are squared: the best constant is the mean, and the loss half the variance.
  close(huberBaseline([0, 0.5, 1]), 1 / 12);
  // Far apart, errors count by their size: every constant between the two middle ones has the same slope, 0.
  close(huberBaseline([0, 10]), 4.5);
  // The slopes of 0, 0 and 100 sum to 2 c - 1, so the best constant is 1/2.
  close(huberBaseline([0, 0, 100]), (0.125 + 0.125 + 99) / 3);
});

test('normalised bytes are described as the network sees them', () => {
  const { box, figures } = describeRows(
    {
      task: 'classification',
      featureCount: 1,
      outputCount: 2,
      inputs: Uint8Array.of(0, 255),
      targets: Int32Array.of(0, 1),
      normalization: { shift: [127.5], scale: [1 / 127.5] },
      targetNormalization: null,
      classWeights: null,
    },
    Int32Array.of(0, 1),
    'softmaxCrossEntropy',
  );
  close(box.low[0]!, -1);
  close(box.high[0]!, 1);
  close(figures.baselineLoss, Math.log(2));
  assert.equal(figures.targetMean, null);
});

test('a window sums its chunks and stops averaging when training diverges', () => {
  const first = extendWindow(openWindow(10), { learningRates: [0.1, 0.2], losses: [4, 2], gradientNorms: [1, 5] });
  const second = extendWindow(first, { learningRates: [0.3, 0.3, 0.3], losses: [3, NaN, 1], gradientNorms: [3, 1, 1] });
  assert.deepEqual(second, {
    fromStep: 10,
    steps: 5,
    maxLearningRate: 0.3,
    meanGradientNorm: 3,
    maxGradientNorm: 5,
    maxGradientNormStep: 11,
    firstLoss: 4,
    lastLoss: 3,
    meanLoss: 3,
    maxLoss: 4,
    nonFiniteStep: 13,
  });
  assert.equal(first.steps, 2);
});

test('a death is recorded with its margin and with what moved the neuron', () => {
  const inputs = grid(101);
  const before = oneLayer({ type: 'relu' }, [
      [1, 0],
      [1, 0],
    ]),
    after = oneLayer({ type: 'relu' }, [
      [1, -1.5],
      [1, 0],
    ]);
  const facts = describeRows(
    {
      task: 'regression',
      featureCount: 1,
      outputCount: 1,
      inputs: inputs.flat(),
      targets: inputs.flat(),
      normalization: null,
      targetNormalization: null,
      classWeights: null,
    },
    Int32Array.from(inputs, (_, i) => i),
    'meanSquaredError',
  );
  const previous = verdictOf(before, inputs),
    current = verdictOf(after, inputs, { step: 7, previous });
  const input = { window: openWindow(0), facts, previous, current, weights: weightsOf(after) };
  const [layer] = gatherEvidence({ ...input, previousWeights: weightsOf(before) }).layers;
  assert.equal(layer!.deathCount, 1);
  const [death] = layer!.deaths;
  close(death!.margin, 1);
  close(death!.biasChange, -1.5);
  close(death!.ownShift, -1.5);
  close(death!.upstreamShift, 0);
  close(death!.relativeUpdate, 1.5);
  const [unknown] = gatherEvidence({ ...input, previousWeights: null }).layers;
  assert.deepEqual([unknown!.deathCount, unknown!.deaths, unknown!.medianRelativeUpdate], [1, [], null]);
});

test('what reaches a layer and how far its weights moved are recorded', () => {
  const inputs = grid(101);
  const before = oneLayer({ type: 'relu' }, [
      [1, 0],
      [3, 0],
      [2, 1],
    ]),
    after = oneLayer({ type: 'relu' }, [
      [1, 0],
      [3, 0],
      [2, 0],
    ]);
  const facts = {
    figures: {
      inputMeanToDeviation: null,
      largestInput: 1,
      targetMean: null,
      targetDeviation: null,
      baselineLoss: null,
    },
    inputMean: Float64Array.of(0),
  };
  const previous = verdictOf(before, inputs),
    current = verdictOf(after, inputs, { step: 7, previous });
  const { layers, moves } = gatherEvidence({
    window: openWindow(0),
    facts,
    previous,
    previousWeights: weightsOf(before),
    current,
    weights: weightsOf(after),
    gradients: [0.25],
    stepChanges: [0.01, 0.02],
  });
  const spreads = current.layers[0]!.neurons.map(
    ({ minPreActivation, maxPreActivation }) => maxPreActivation! - minPreActivation!,
  );
  assert.equal(layers[0]!.signal, spreads.toSorted((a, b) => a - b)[1]);
  assert.equal(layers[0]!.gradient, 0.25);
  assert.equal(moves![0]!.name, 'dense_1');
  close(moves![0]!.change, 1 / Math.hypot(1, 3, 2, 1));
  close(moves![0]!.weightNorm, Math.hypot(1, 3, 2));
  assert.deepEqual(
    moves!.map(({ stepChange }) => stepChange),
    [0.01, 0.02].slice(0, moves!.length),
  );
});

const oneWeight = (value: number) => ({ inputs: 1, units: 1, kernel: [value], bias: [0], alpha: null });

test('weights that were zero have no relative change', () => {
  assert.equal(relativeChange(oneWeight(0), oneWeight(1)), null);
  assert.equal(relativeChange(oneWeight(2), oneWeight(1)), 0.5);
  assert.equal(relativeChange(oneWeight(2), oneWeight(NaN)), null);
});

test('evidence survives JSON', () => {
  const verdict = verdictOf(oneLayer({ type: 'relu' }, [[NaN, 0]]), grid(3));
  const facts = {
    figures: {
      inputMeanToDeviation: null,
      largestInput: 1,
      targetMean: null,
      targetDeviation: null,
      baselineLoss: null,
    },
    inputMean: Float64Array.of(0),
  };
  const evidence = gatherEvidence({
    window: extendWindow(openWindow(0), { learningRates: [1], losses: [NaN], gradientNorms: [NaN] }),
    facts,
    previous: null,
    previousWeights: null,
    current: verdict,
    weights: [],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence);
  assert.equal(evidence.window!.nonFiniteStep, 0);
});
