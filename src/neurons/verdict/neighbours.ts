/**
 * What a nearest neighbour predicts: a bound on how much of the targets can be learned from the inputs, which needs no
 * training. A network that stays far below it has not learned what there is to learn; where even neighbours disagree,
 * the data are noisy or have too many dimensions, and nothing is said.
 */
import type { Task } from '../../vocabulary/index.ts';
import type { FeatureFigures } from './data-facts.ts';

/** Rows that are compared with each other: the most, and the fewest that say anything. */
const ROWS = { least: 16, most: 512 };
/** With more features, such as pixels, all samples are about equally far apart. */
const MOST_FEATURES = 256;
/** Multiplications of all comparisons: some 5 ms. */
const WORK = 4e6;

export interface Neighbours {
  /** Classification and multilabel: the share of samples, or of labels, that the nearest other sample has as well. */
  accuracy: number | null;
  /**
   * Regression: 1 - (noise variance) / (variance), mean over the outputs. Two independent draws at the same place differ
   * by twice the noise variance, so half of the mean squared difference to the neighbour estimates it (Stefansson et al.
   * 1997).
   */
  r2: number | null;
}

export interface NeighbourInput {
  task: Task;
  /** [samples, features] */
  inputs: ArrayLike<number>;
  /** Classes, or [samples, outputs]. */
  targets: ArrayLike<number>;
  outputCount: number;
  features: FeatureFigures;
  /** The training samples. */
  indices: Int32Array;
}

/** Features are compared in units of their deviation. Looks at the first training samples in evenly spaced order. */
export function askNeighbours({ task, inputs, targets, outputCount, features, indices }: NeighbourInput): Neighbours {
  const count = features.mean.length;
  const rows = Math.min(indices.length, ROWS.most, Math.floor(Math.sqrt(WORK / count)));
  // So few samples can be learned by heart.
  if (indices.length < ROWS.least)
    return { accuracy: task === 'regression' ? null : 1, r2: task === 'regression' ? 1 : null };
  if (rows < ROWS.least || count > MOST_FEATURES) return { accuracy: null, r2: null };
  const chosen = Array.from({ length: rows }, (_, n) => indices[Math.floor((n * indices.length) / rows)]!);
  const nearest = nearestOf(chosen, inputs, features);
  if (task === 'classification') return { accuracy: share(chosen, nearest, (sample) => targets[sample]!), r2: null };
  const columns = Array.from({ length: outputCount }, (_, j) => (sample: number) => targets[sample * outputCount + j]!);
  if (task === 'multilabel') return { accuracy: mean(columns.map((of) => share(chosen, nearest, of))), r2: null };
  const explained = columns.flatMap((of) => explainedBy(chosen, nearest, of) ?? []);
  return { accuracy: null, r2: explained.length === 0 ? null : mean(explained) };
}

/** For each of the samples, the nearest other one. */
function nearestOf(
  samples: readonly number[],
  inputs: ArrayLike<number>,
  { mean, deviation }: FeatureFigures,
): number[] {
  const count = mean.length;
  const places = samples.map((sample) =>
    Float64Array.from({ length: count }, (_, j) => {
      const size = deviation[j]!;
      return size > 0 ? (inputs[sample * count + j]! - mean[j]!) / size : 0;
    }),
  );
  return places.map((place, n) => {
    let best = -1,
      least = Infinity;
    places.forEach((other, m) => {
      if (m === n) return;
      let distance = 0;
      for (let j = 0; j < count && distance < least; j++) distance += (place[j]! - other[j]!) ** 2;
      if (distance < least) [best, least] = [m, distance];
    });
    return samples[best]!;
  });
}

const share = (samples: readonly number[], nearest: readonly number[], of: (sample: number) => number): number =>
  samples.filter((sample, n) => of(sample) === of(nearest[n]!)).length / samples.length;

/** Null where the targets do not vary. */
function explainedBy(
  samples: readonly number[],
  nearest: readonly number[],
  of: (sample: number) => number,
): number | null {
  const values = samples.map(of);
  const centre = mean(values);
  const variance = mean(values.map((value) => (value - centre) ** 2));
  const noise = mean(values.map((value, n) => (value - of(nearest[n]!)) ** 2)) / 2;
  return variance > 0 ? 1 - noise / variance : null;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
