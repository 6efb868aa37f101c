/** From one pass over samples to the scores of the network: R², or recall, precision and F1 of every class. */
import type { Evaluation as Measured, TrainingData } from '../engine/network.ts';
import type { LoadedDataset } from '../datasets/load.ts';
import { Random } from '../random.ts';
import type { ClassScores, DataPart, Scores, TrainingSpec } from '../vocabulary/index.ts';
import { finiteOrNull } from './metric-windows.ts';

/**
 * Without a validation part, the training part is evaluated once, at the end: at least this many rows of it, and at
 * most this share of the rows that the run trains on. A row costs an evaluation about a third of what it costs training.
 */
const LEAST_ROWS = 8192;
const ROW_SHARE = 0.12;

type Scored = Pick<LoadedDataset, 'data' | 'preparation' | 'trainIndices' | 'validationIndices' | 'testIndices'>;

/** Turns passes over the samples of one part into its scores. */
export class Scorer {
  readonly part: DataPart;
  /** The samples to evaluate. */
  readonly indices: Int32Array;
  readonly #names: readonly string[];
  /** [outputs] Regression: sums of squared differences from the mean, in the unit of the loss; 0 for a constant. */
  readonly #squares: Float64Array;
  /** [outputs] Otherwise: samples of each class or label. */
  readonly #counts: Float64Array;

  constructor(part: DataPart, indices: Int32Array, { data, preparation }: Pick<Scored, 'data' | 'preparation'>) {
    this.part = part;
    this.indices = indices;
    this.#names = preparation.outputs;
    const isRegression = data.task === 'regression';
    this.#squares = isRegression ? totalSquares(data, this.indices) : new Float64Array();
    this.#counts = isRegression ? new Float64Array() : countSamples(data, this.indices);
  }

  /** Of the validation part, or of the training part where there is none. */
  static of(dataset: Scored, training: TrainingSpec): Scorer {
    const { trainIndices, validationIndices } = dataset;
    return validationIndices.length > 0
      ? new Scorer('validation', validationIndices, dataset)
      : new Scorer('training', chooseRows(trainIndices, training), dataset);
  }

  static ofTest(dataset: Scored): Scorer | null {
    return dataset.testIndices.length > 0 ? new Scorer('test', dataset.testIndices, dataset) : null;
  }

  score({ loss, accuracy, sums }: Measured): Scores {
    const { part, indices } = this;
    const common = { part, samples: indices.length, loss: finiteOrNull(loss) };
    if (accuracy === null) {
      const errors = sums.squaredErrors;
      const explained = Array.from(this.#squares, (total, output) => 1 - errors[output]! / total);
      const r2 = meanOf(explained.filter((_, output) => this.#squares[output]! > 0));
      return { ...common, accuracy: null, r2, macroF1: null, classes: null, confusion: null };
    }
    const classes = Array.from(this.#counts, (samples, index) => ({
      ...scoresOf(index, samples, sums.predicted[index]!, sums.hits[index]!),
      name: this.#names[index] ?? String(index),
    }));
    const macroF1 = meanOf(classes.flatMap(({ f1 }) => f1 ?? []));
    const confusion = sums.confusion.length > 0 ? rowsOf(sums.confusion, classes.length) : null;
    return { ...common, accuracy: finiteOrNull(accuracy), r2: null, macroF1, classes, confusion };
  }
}

const rowsOf = (values: Float64Array, size: number): number[][] =>
  Array.from({ length: size }, (_, row) => [...values.subarray(row * size, (row + 1) * size)]);

/** For more classes than this, a series for each would be more than anyone reads. */
const MOST_RECALL_SERIES = 20;

/** The scores as metrics of their step: `recall/2` is that of class 2. */
export function scoreMetrics({ r2, macroF1, classes }: Scores): Record<string, number | null> {
  if (classes === null) return { r2 };
  const known = classes.length > MOST_RECALL_SERIES ? [] : classes.filter(({ samples }) => samples > 0);
  return { macroF1, ...Object.fromEntries(known.map(({ class: index, recall }) => [`recall/${index}`, recall])) };
}

function chooseRows(trainIndices: Int32Array, { epochs, seed }: TrainingSpec): Int32Array {
  const most = Math.max(LEAST_ROWS, Math.floor(ROW_SHARE * epochs * trainIndices.length));
  if (trainIndices.length <= most) return trainIndices;
  const rows = trainIndices.slice();
  new Random(seed, 'evaluation').shuffle(rows, most);
  return rows.slice(-most);
}

/** In float64 around the mean, because the squares of values far from zero would drown their differences. */
function totalSquares({ targets, outputCount, targetNormalization }: TrainingData, indices: Int32Array): Float64Array {
  return Float64Array.from({ length: outputCount }, (_, output) => {
    const valueOf = (index: number): number => targets[index * outputCount + output]!;
    const first = valueOf(indices[0]!);
    // A constant leaves no rounding error behind.
    const mean = first + indices.reduce((sum, index) => sum + (valueOf(index) - first), 0) / indices.length;
    const scale = targetNormalization?.scale[output] ?? 1;
    return indices.reduce((sum, index) => sum + (scale * (valueOf(index) - mean)) ** 2, 0);
  });
}

function countSamples({ task, targets, outputCount }: TrainingData, indices: Int32Array): Float64Array {
  const counts = new Float64Array(outputCount);
  for (const index of indices) {
    if (task === 'classification') counts[targets[index]!]! += 1;
    else for (let label = 0; label < outputCount; label++) counts[label]! += targets[index * outputCount + label]!;
  }
  return counts;
}

const scoresOf = (index: number, samples: number, predicted: number, correct: number): ClassScores => ({
  class: index,
  samples,
  predicted,
  correct,
  recall: ratio(correct, samples),
  precision: ratio(correct, predicted),
  f1: ratio(2 * correct, samples + predicted),
});

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** Null for the mean of nothing, and where a value is not finite. */
const meanOf = (values: readonly number[]): number | null =>
  values.length > 0 ? finiteOrNull(values.reduce((sum, value) => sum + value, 0) / values.length) : null;
