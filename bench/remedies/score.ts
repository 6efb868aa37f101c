/** How well a network has learned its training part, from its predictions. */
import type { LoadedDataset } from '../../src/datasets/load.ts';
import type { Network } from '../../src/engine/network.ts';
import type { Success } from './case.ts';

const ROWS = 4096;

/** Null where a prediction is not finite. */
export async function scoreOf(
  network: Pick<Network, 'predict'>,
  { data, trainIndices }: LoadedDataset,
  metric: Success['metric'],
): Promise<number | null> {
  const { inputs, targets, task, featureCount, outputCount } = data;
  const columns = task === 'classification' ? 1 : outputCount;
  const wanted = Float64Array.from(
    { length: trainIndices.length * columns },
    (_, i) => targets[trainIndices[Math.floor(i / columns)]! * columns + (i % columns)]!,
  );
  const predicted = new Float64Array(trainIndices.length * outputCount);
  for (let start = 0; start < trainIndices.length; start += ROWS) {
    const part = trainIndices.subarray(start, start + ROWS);
    const rows = new Float32Array(part.length * featureCount);
    part.forEach((sample, n) =>
      rows.set(inputs.subarray(sample * featureCount, (sample + 1) * featureCount), n * featureCount),
    );
    predicted.set(await network.predict(rows), start * outputCount);
  }
  if (!predicted.every(Number.isFinite)) return null;
  if (metric === 'r2') return explainedVariance(wanted, predicted, columns);
  // For several labels at once, each label is a question of its own with the answers 0 and 1.
  const answers =
    task === 'classification'
      ? wanted.map((_, n) => argMax(predicted.subarray(n * outputCount, (n + 1) * outputCount)))
      : predicted.map((probability) => Number(probability > 0.5));
  return metric === 'acc' ? accuracy(wanted, answers) : meanRecall(wanted, answers, columns);
}

const accuracy = (wanted: Float64Array, answers: Float64Array): number =>
  wanted.filter((label, i) => answers[i] === label).length / wanted.length;

/** Of each class the share that was found, and the mean of these over classes and columns: 1 / classes for a constant answer. */
function meanRecall(wanted: Float64Array, answers: Float64Array, columns: number): number {
  const counts = new Map<string, { samples: number; found: number }>();
  wanted.forEach((label, i) => {
    const key = `${i % columns}/${label}`;
    const { samples, found } = counts.get(key) ?? { samples: 0, found: 0 };
    counts.set(key, { samples: samples + 1, found: found + Number(answers[i] === label) });
  });
  const recalls = [...counts.values()].map(({ samples, found }) => found / samples);
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

/** R squared, the mean over the columns; a column that never changes is left out. */
function explainedVariance(wanted: Float64Array, predicted: Float64Array, columns: number): number {
  const samples = wanted.length / columns;
  const perColumn: number[] = [];
  for (let j = 0; j < columns; j++) {
    let mean = 0,
      total = 0,
      residual = 0;
    for (let n = 0; n < samples; n++) mean += wanted[n * columns + j]! / samples;
    for (let n = 0; n < samples; n++) {
      total += (wanted[n * columns + j]! - mean) ** 2;
      residual += (wanted[n * columns + j]! - predicted[n * columns + j]!) ** 2;
    }
    if (total > 0) perColumn.push(1 - residual / total);
  }
  return perColumn.reduce((sum, value) => sum + value, 0) / perColumn.length;
}

const argMax = (values: Float64Array): number =>
  values.reduce((best, value, k) => (value > values[best]! ? k : best), 0);
