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
  return task === 'classification'
    ? shareOf(wanted, (label, n) => argMax(predicted.subarray(n * outputCount, (n + 1) * outputCount)) === label)
    : shareOf(wanted, (label, i) => predicted[i]! > 0.5 === label > 0.5);
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

const shareOf = (values: Float64Array, isRight: (value: number, index: number) => boolean): number =>
  values.filter(isRight).length / values.length;

const argMax = (values: Float64Array): number =>
  values.reduce((best, value, k) => (value > values[best]! ? k : best), 0);
