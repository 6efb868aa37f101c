import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetwork } from '../../src/engine/open-network.ts';
import type { TrainingData } from '../../src/engine/network.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { Scorer, scoreMetrics } from '../../src/training/scores.ts';
import { evaluate } from '../../src/training/watching/passes.ts';
import { ENGINES, type EngineName, type LossName, type Scores, type Task } from '../../src/vocabulary/index.ts';
import { rows, training } from '../engine/specs.ts';

const LOSS: Record<Task, LossName> = {
  regression: 'meanAbsoluteError',
  classification: 'softmaxCrossEntropy',
  multilabel: 'sigmoidCrossEntropy',
};

/** All rows train; outputs are called c0, c1 and so on. */
const datasetOf = (data: TrainingData) => ({
  data,
  preparation: {
    columns: [],
    targets: [],
    ignored: [],
    outputs: Array.from({ length: data.outputCount }, (_, index) => `c${index}`),
  },
  trainIndices: rows(data.sampleCount),
  validationIndices: new Int32Array(),
  testIndices: new Int32Array(),
});

/** Scores of a network that answers with its inputs. */
async function scoresOf(
  engine: EngineName,
  task: Task,
  outputs: number[][],
  targets: number[] | number[][],
  targetNormalization: TrainingData['targetNormalization'] = null,
): Promise<Scores> {
  const count = outputs[0]!.length;
  const data: TrainingData = {
    task,
    sampleCount: outputs.length,
    featureCount: count,
    outputCount: count,
    inputs: Float32Array.from(outputs.flat()),
    targets: task === 'classification' ? Int32Array.from(targets.flat()) : Float32Array.from(targets.flat()),
    normalization: null,
    targetNormalization,
    classWeights: null,
  };
  const spec = training({ loss: LOSS[task] });
  const identity = Array.from({ length: count }, (_, i) => Array.from({ length: count }, (__, j) => Number(i === j)));
  const model = { layers: [], initialWeights: { kernels: [identity], biases: [Array<number>(count).fill(0)] } };
  const scorer = Scorer.of(datasetOf(data), spec);
  const network = await openNetwork(engine, model, spec, data);
  try {
    const measured = await evaluate(network, scorer.indices, new Mailbox());
    assert.ok(measured);
    return scorer.score(measured);
  } finally {
    await network.close();
  }
}

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-6): void =>
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`);

for (const engine of ENGINES) {
  test(`${engine}: R² is that of the examples of scikit-learn's r2_score, whatever the loss`, async () => {
    const one = await scoresOf(engine, 'regression', [[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]]);
    near(one.r2, 0.9486081370449679);
    near(one.loss, 0.5);
    assert.deepEqual(
      [one.part, one.samples, one.accuracy, one.macroF1, one.classes, one.confusion],
      ['training', 4, null, null, null, null],
    );
    assert.deepEqual(scoreMetrics(one), { r2: one.r2 });
    const outputs = [
      [0, 2],
      [-1, 2],
      [8, -5],
    ];
    const targets = [
      [0.5, 1],
      [-1, 1],
      [7, -6],
    ];
    near((await scoresOf(engine, 'regression', outputs, targets)).r2, 0.9368005266622779);
    const withConstant = await scoresOf(
      engine,
      'regression',
      outputs.map((row) => [...row, 1]),
      targets.map((row) => [...row, 0.1]),
    );
    near(withConstant.r2, 0.9368005266622779);
  });

  test(`${engine}: R² of normalised targets is that of the targets`, async () => {
    const scaling = { shift: Float32Array.of(1000), scale: Float32Array.of(0.125) };
    const targets = [3, -0.5, 2, 7].map((value) => [1000 + 8 * value]);
    const scores = await scoresOf(engine, 'regression', [[2.5], [0], [2], [8]], targets, scaling);
    near(scores.r2, 0.9486081370449679);
    near(scores.loss, 0.5);
  });

  test(`${engine}: R² far from zero keeps its digits, and a constant has none`, async () => {
    const at = 16_000_000;
    const far = await scoresOf(engine, 'regression', [[at + 2], [at + 2], [at + 8]], [[at + 3], [at + 1], [at + 7]]);
    near(far.r2, 1 - 3 / (56 / 3));
    const constant = await scoresOf(engine, 'regression', [[1], [2]], [[0.1], [0.1]]);
    assert.equal(constant.r2, null);
  });

  test(`${engine}: macro F1 is that of the example of scikit-learn's f1_score, with the counts of every class`, async () => {
    const predicted = [0, 2, 1, 0, 0, 1];
    const scores = await scoresOf(
      engine,
      'classification',
      predicted.map((index) => [0, 1, 2, 3].map((other) => Number(other === index))),
      [0, 1, 2, 0, 1, 2],
    );
    near(scores.macroF1, 0.26666666666666666, 1e-12);
    near(scores.accuracy, 2 / 6);
    assert.deepEqual(scores.classes, [
      { class: 0, name: 'c0', samples: 2, predicted: 3, correct: 2, recall: 1, precision: 2 / 3, f1: 4 / 5 },
      { class: 1, name: 'c1', samples: 2, predicted: 2, correct: 0, recall: 0, precision: 0, f1: 0 },
      { class: 2, name: 'c2', samples: 2, predicted: 1, correct: 0, recall: 0, precision: 0, f1: 0 },
      { class: 3, name: 'c3', samples: 0, predicted: 0, correct: 0, recall: null, precision: null, f1: null },
    ]);
    assert.deepEqual(scores.confusion, [
      [2, 0, 0, 0],
      [1, 0, 1, 0],
      [0, 2, 0, 0],
      [0, 0, 0, 0],
    ]);
    assert.deepEqual(scoreMetrics(scores), { macroF1: scores.macroF1, 'recall/0': 1, 'recall/1': 0, 'recall/2': 0 });
  });

  test(`${engine}: macro F1 of several labels is the mean over the labels`, async () => {
    const scores = await scoresOf(
      engine,
      'multilabel',
      [
        [3, -1],
        [2, 1],
        [-4, -2],
        [-1, -1],
      ],
      [
        [1, 1],
        [0, 1],
        [1, 0],
        [0, 0],
      ],
    );
    assert.deepEqual(scores.classes, [
      { class: 0, name: 'c0', samples: 2, predicted: 2, correct: 1, recall: 0.5, precision: 0.5, f1: 0.5 },
      { class: 1, name: 'c1', samples: 2, predicted: 1, correct: 1, recall: 0.5, precision: 1, f1: 2 / 3 },
    ]);
    near(scores.macroF1, (0.5 + 2 / 3) / 2, 1e-12);
    near(scores.accuracy, 5 / 8);
  });
}

test('sums of many batches are those of one', async () => {
  const outputs = Array.from({ length: 5000 }, (_, i) => [Math.sin(i), Math.sin(2 * i), Math.sin(3 * i)]);
  const targets = outputs.map((_, i) => i % 3);
  const [onnx, tensorflow] = await Promise.all(
    ENGINES.map((engine) => scoresOf(engine, 'classification', outputs, targets)),
  );
  const correct = outputs.map((row, i) => Number(row.indexOf(Math.max(...row)) === targets[i]));
  assert.equal(
    onnx?.classes?.reduce((sum, { correct: hits }) => sum + hits, 0),
    correct.reduce((sum, value) => sum + value, 0),
  );
  assert.deepEqual(onnx?.classes, tensorflow?.classes);
});

test('a short run on many samples without validation evaluates a random choice of them, always the same', () => {
  const data: TrainingData = {
    task: 'regression',
    sampleCount: 20_000,
    featureCount: 1,
    outputCount: 1,
    inputs: new Float32Array(20_000),
    targets: Float32Array.from({ length: 20_000 }, (_, i) => i),
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
  const dataset = datasetOf(data);
  const { indices } = Scorer.of(dataset, training({ epochs: 2 }));
  assert.deepEqual([indices.length, new Set(indices).size], [8192, 8192]);
  assert.deepEqual(Scorer.of(dataset, training({ epochs: 2 })).indices, indices);
  assert.equal(Scorer.of(dataset, training({ epochs: 9 })).indices.length, 20_000);
  const withValidation = Scorer.of({ ...dataset, validationIndices: rows(10) }, training({ epochs: 2 }));
  assert.deepEqual([withValidation.part, withValidation.indices.length], ['validation', 10]);
});
