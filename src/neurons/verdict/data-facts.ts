/** Facts about the training data: the box for certificates, and the figures that explain causes. */
import type { LossName, Task } from '../../vocabulary/index.ts';
import type { InputBox } from './measurements.ts';

/** Training data as an engine holds it: x = (value - shift) * scale. */
export interface DataColumns {
  readonly task: Task;
  readonly outputCount: number;
  readonly targets: ArrayLike<number>;
  readonly normalization: { readonly shift: ArrayLike<number>; readonly scale: ArrayLike<number> } | null;
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
  /** Regression: norms over the outputs. Small target variance favours dying (Arnekvist et al. 2020). */
  targetMean: number | null;
  targetDeviation: number | null;
  /** Loss of the best constant answer, which a collapsed network can reach. Null if it has no closed form. */
  baselineLoss: number | null;
}
export interface DataFacts {
  figures: DataFigures;
  box: InputBox;
  inputMean: Float64Array;
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
): DataFacts {
  const { minimum, maximum, mean, deviation } = features;
  const shiftOf = (i: number): number => data.normalization?.shift[i] ?? 0,
    scaleOf = (i: number): number => data.normalization?.scale[i] ?? 1;
  const asSeen = (value: number, i: number): number => Math.fround(Math.fround(value - shiftOf(i)) * scaleOf(i));
  const low = Float32Array.from(minimum, asSeen),
    high = Float32Array.from(maximum, asSeen);
  const inputMean = Float64Array.from(mean, (value, i) => (value - shiftOf(i)) * scaleOf(i));
  const spread = norm(Float64Array.from(deviation, (value, i) => value * scaleOf(i)));
  return {
    box: { low, high },
    inputMean,
    figures: {
      inputMeanToDeviation: spread > 0 ? norm(inputMean) / spread : null,
      largestInput: low.reduce((largest, value, i) => Math.max(largest, Math.abs(value), Math.abs(high[i]!)), 0),
      ...describeTargets(data, indices, loss),
    },
  };
}

function describeTargets({ task, targets, outputCount }: DataColumns, indices: Int32Array, loss: LossName) {
  if (task === 'classification') {
    const counts = new Uint32Array(outputCount);
    for (let i = 0; i < indices.length; i++) counts[targets[indices[i]!]!]!++;
    const entropy = Array.from(counts, (count) => count / indices.length).reduce(
      (sum, p) => sum - (p > 0 ? p * Math.log(p) : 0),
      0,
    );
    return { targetMean: null, targetDeviation: null, baselineLoss: loss === 'softmaxCrossEntropy' ? entropy : null };
  }
  const columns = Array.from({ length: outputCount }, (_, j) =>
    Float64Array.from(indices, (sample) => targets[sample * outputCount + j]!),
  );
  const means = columns.map((column) => column.reduce((sum, value) => sum + value / column.length, 0));
  const variances = columns.map((column, j) =>
    column.reduce((sum, value) => sum + (value - means[j]!) ** 2 / column.length, 0),
  );
  const baselineLoss = (): number | null => {
    switch (loss) {
      case 'meanSquaredError':
        return average(variances);
      case 'meanAbsoluteError':
        return average(columns.map(deviationFromMedian));
      case 'sigmoidCrossEntropy':
        return average(means.map((p) => (p > 0 && p < 1 ? -p * Math.log(p) - (1 - p) * Math.log1p(-p) : 0)));
      case 'huber':
      case 'softmaxCrossEntropy':
        return null;
    }
  };
  const isRegression = task === 'regression';
  return {
    targetMean: isRegression ? norm(means) : null,
    targetDeviation: isRegression ? Math.sqrt(variances.reduce((sum, v) => sum + v, 0)) : null,
    baselineLoss: baselineLoss(),
  };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviationFromMedian(column: Float64Array): number {
  const sorted = column.toSorted();
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return column.reduce((sum, value) => sum + Math.abs(value - median) / column.length, 0);
}

const norm = (values: ArrayLike<number>): number => {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! ** 2;
  return Math.sqrt(square);
};
