/** Facts about the training data: the box for certificates, and the figures that explain causes. */
import type { LossName, Task } from '../../vocabulary/index.ts';
import type { InputBox } from './measurements.ts';
import { askNeighbours, type Neighbours } from './neighbours.ts';

/** How columns are normalised: (value - shift) * scale. */
interface Scaling {
  readonly shift: ArrayLike<number>;
  readonly scale: ArrayLike<number>;
}

/** Training data as an engine holds it, not yet normalised. */
export interface DataColumns {
  readonly task: Task;
  readonly outputCount: number;
  /** [samples, features], as they came. */
  readonly inputs: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly normalization: Scaling | null;
  readonly targetNormalization: Scaling | null;
  /** Of each class, or of the positives of each label; null: all the same. */
  readonly classWeights: ArrayLike<number> | null;
}

/** Statistics of every raw feature over the training samples; `deviation` is the population's. */
export interface FeatureFigures {
  readonly minimum: ArrayLike<number>;
  readonly maximum: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/** Figures that are part of the evidence of every verdict. */
export interface DataFigures {
  /**
   * |mean| / |standard deviation| of the normalised inputs, as norms over the features. It predicts death at birth (arXiv 2605.31518). Null if no feature varies.
   */
  inputMeanToDeviation: number | null;
  /** Largest |x| of the normalised inputs. */
  largestInput: number;
  /** Smallest and largest standard deviation of the normalised inputs that vary. Absent in earlier versions. */
  inputDeviations?: [smallest: number, largest: number] | null;
  /**
   * Which inputs these are: with the smallest and the largest standard deviation of those that vary, and with the largest
   * |x|. Absent in earlier versions.
   */
  inputNames?: { narrowest: string | null; widest: string | null; largest: string | null };
  /** Training samples, and features of each. */
  samples?: number;
  features?: number;
  /** Mean |x|² of the normalised inputs: the steepness that they give to the loss. */
  inputPower?: number;
  /** Classification: the shares of the rarest and of the commonest class. */
  classShares?: [smallest: number, largest: number] | null;
  /** Share of the rarest class, or of the rarest side of a label, in units of an even share; null for regression. */
  rarestShare?: number | null;
  /** The name of the class, or label, of `rarestShare`. Absent in earlier versions. */
  rarestClass?: string | null;
  /** What nearest neighbours predict: how much there is to learn. */
  neighbours?: Neighbours;
  /**
   * Regression: of the raw targets, norms over the outputs. Small target variance favours dying (Arnekvist et al. 2020).
   */
  targetMean: number | null;
  targetDeviation: number | null;
  /** Regression: smallest and largest target in the unit that is minimised. Absent in earlier versions. */
  targetRange?: [smallest: number, largest: number] | null;
  /**
   * Loss of the best constant answer, which a collapsed network can reach: in the unit that is minimised, so of the
   * normalised targets if the job normalises them. Null if the loss does not fit the task.
   */
  baselineLoss: number | null;
}
export interface DataFacts {
  figures: DataFigures;
  box: InputBox;
  inputMean: Float64Array;
}

/** What inputs and outputs are called: columns of the data set, classes or labels. */
export interface DataNames {
  inputs: readonly string[];
  outputs: readonly string[];
}

/**
 * Uses the columns' statistics, without another pass over the inputs. The box is in float32, like the network's inputs.
 * Rounding is monotone, so extremes stay extremes.
 */
export function describeData(
  data: DataColumns,
  features: FeatureFigures,
  indices: Int32Array,
  loss: LossName,
  names: DataNames | null = null,
): DataFacts {
  const { minimum, maximum, mean, deviation } = features;
  const shiftOf = (i: number): number => data.normalization?.shift[i] ?? 0,
    scaleOf = (i: number): number => data.normalization?.scale[i] ?? 1;
  const asSeen = (value: number, i: number): number => Math.fround(Math.fround(value - shiftOf(i)) * scaleOf(i));
  const low = Float32Array.from(minimum, asSeen),
    high = Float32Array.from(maximum, asSeen);
  const inputMean = Float64Array.from(mean, (value, i) => (value - shiftOf(i)) * scaleOf(i));
  const deviations = Float64Array.from(deviation, (value, i) => value * scaleOf(i));
  const spread = norm(deviations);
  const varying = deviations.filter((value) => value > 0);
  const largest = low.map((value, i) => Math.max(Math.abs(value), Math.abs(high[i]!)));
  const nameOf = (i: number): string | null => names?.inputs[i] ?? null;
  const counts = data.task === 'classification' ? countClasses(data, indices) : null;
  const rarest = rarestClass(data, indices, counts);
  return {
    box: { low, high },
    inputMean,
    figures: {
      inputMeanToDeviation: spread > 0 ? norm(inputMean) / spread : null,
      largestInput: largest.reduce(most, 0),
      inputDeviations: varying.length > 0 ? [varying.reduce(least), varying.reduce(most)] : null,
      ...(names && {
        inputNames: {
          narrowest: nameOf(deviations.indexOf(varying.reduce(least, Infinity))),
          widest: nameOf(deviations.indexOf(varying.reduce(most, -Infinity))),
          largest: nameOf(largest.indexOf(largest.reduce(most, 0))),
        },
        rarestClass: rarest === null ? null : (names.outputs[rarest.index] ?? null),
      }),
      samples: indices.length,
      features: mean.length,
      inputPower: norm(inputMean) ** 2 + spread ** 2,
      classShares: counts && [counts.reduce(least) / indices.length, counts.reduce(most) / indices.length],
      rarestShare: rarest?.share ?? null,
      neighbours: askNeighbours({ ...data, features, indices }),
      ...describeTargets(data, indices, counts, loss),
    },
  };
}

/** [classes] Of the training samples. */
function countClasses({ targets, outputCount }: DataColumns, indices: Int32Array): Float64Array {
  const counts = new Float64Array(outputCount);
  for (let i = 0; i < indices.length; i++) counts[targets[indices[i]!]!]! += 1;
  return counts;
}

/** The class, or the label, with the smallest share, in units of an even share; null for regression. */
function rarestClass(
  { task, targets, outputCount }: DataColumns,
  indices: Int32Array,
  counts: Float64Array | null,
): { index: number; share: number } | null {
  switch (task) {
    case 'regression':
      return null;
    case 'classification':
      return counts && smallest(Array.from(counts, (count) => (count / indices.length) * outputCount));
    case 'multilabel': {
      const shares = Array.from({ length: outputCount }, (_, j) =>
        mean(Float64Array.from(indices, (sample) => targets[sample * outputCount + j]!)),
      );
      return smallest(shares.map((share) => 2 * Math.min(share, 1 - share)));
    }
  }
}

/** The first one of several. */
const smallest = (shares: readonly number[]) => {
  const share = shares.reduce(least);
  return { index: shares.indexOf(share), share };
};

const least = (a: number, b: number): number => Math.min(a, b);
const most = (a: number, b: number): number => Math.max(a, b);

function describeTargets(
  { task, targets, outputCount, targetNormalization, classWeights }: DataColumns,
  indices: Int32Array,
  counts: Float64Array | null,
  loss: LossName,
) {
  if (counts) {
    const weights = Array.from(counts, (count, index) => count * (classWeights?.[index] ?? 1));
    const baseline = loss === 'softmaxCrossEntropy' ? entropy(weights) : null;
    return { targetMean: null, targetDeviation: null, baselineLoss: baseline };
  }
  const columns = Array.from({ length: outputCount }, (_, j) =>
    Float64Array.from(indices, (sample) => targets[sample * outputCount + j]!),
  );
  const seen =
    targetNormalization === null
      ? columns
      : columns.map((column, j) => {
          const [shift, scale] = [targetNormalization.shift[j]!, targetNormalization.scale[j]!];
          return column.map((value) => (value - shift) * scale);
        });
  const isRegression = task === 'regression';
  return {
    targetMean: isRegression ? norm(columns.map(mean)) : null,
    targetDeviation: isRegression ? Math.sqrt(sum(columns.map(variance))) : null,
    targetRange: isRegression ? rangeOf(seen) : null,
    baselineLoss: baselineLoss(seen, loss, classWeights),
  };
}

/** A constant answer is one number per column. */
function baselineLoss(
  columns: readonly Float64Array[],
  loss: LossName,
  labelWeights: ArrayLike<number> | null,
): number | null {
  switch (loss) {
    case 'meanSquaredError':
      return mean(columns.map(variance));
    case 'meanAbsoluteError':
      return mean(columns.map(deviationFromMedian));
    case 'huber':
      return mean(columns.map(leastHuber));
    case 'sigmoidCrossEntropy':
      return mean(
        columns.map((column, label) => {
          const positives = mean(column) * (labelWeights?.[label] ?? 1);
          const negatives = 1 - mean(column);
          return (positives + negatives) * entropy([positives, negatives]);
        }),
      );
    case 'softmaxCrossEntropy':
      return null;
  }
}

/** Of the distribution in which each class has its share of the weights: the least cross-entropy of a constant answer. */
function entropy(weights: readonly number[]): number {
  const total = sum(weights);
  return weights.reduce((result, weight) => result - (weight > 0 ? (weight / total) * Math.log(weight / total) : 0), 0);
}

const rangeOf = (columns: readonly Float64Array[]): [smallest: number, largest: number] => [
  Math.min(...columns.map((column) => column.reduce(least))),
  Math.max(...columns.map((column) => column.reduce(most))),
];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function mean(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! / values.length;
  return total;
}

function variance(column: Float64Array): number {
  const centre = mean(column);
  return column.reduce((total, value) => total + (value - centre) ** 2 / column.length, 0);
}

function deviationFromMedian(column: Float64Array): number {
  const sorted = column.toSorted();
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return column.reduce((total, value) => total + Math.abs(value - median) / column.length, 0);
}

/** Halvings of the range in which the best constant lies. The loss is flat there, so more would change no digit. */
const HALVINGS = 40;

/** Huber's loss is convex in the constant, so its slope, a sum of errors clipped to -1 .. 1, has one sign change. */
function leastHuber(column: Float64Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of column) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    let slope = 0;
    for (const value of column) slope += Math.min(Math.max(middle - value, -1), 1);
    if (slope < 0) low = middle;
    else high = middle;
  }
  return mean(
    column.map((value) => {
      const size = Math.abs(value - high);
      return size <= 1 ? (size * size) / 2 : size - 0.5;
    }),
  );
}

const norm = (values: ArrayLike<number>): number => {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! ** 2;
  return Math.sqrt(square);
};
