/** Samples of a run's data: as they are, and by what its model takes them for. */
import { loadDataset, type LoadedDataset } from '../datasets/load.ts';
import { describeRow } from '../datasets/preparation/describe-row.ts';
import { openNetwork } from '../engine/open-network.ts';
import { RelumineError } from '../errors.ts';
import type { Questions, RunData, TrainedRun } from '../schemas/index.ts';
import { inputNames, DATA_PARTS, type ConfusionCell, type DataSamples, type DataPart } from '../vocabulary/index.ts';
import { oneRow, openCheckpoint } from './trained-model.ts';

/** Multiplications of one answer: a second or two. */
const MOST_WORK = 2e10;
const MOST_ROWS = 200_000;
const LEAST_ROWS = 1000;
/** Numbers that are kept of the outputs, and numbers of one answer's inputs. */
const MOST_OUTPUTS = 2e7;
const MOST_INPUTS = 1e6;
/** Rows that are copied at once. */
const SLICE_ROWS = 4096;

interface Classified {
  key: string;
  step: number;
  part: DataPart;
  dataset: LoadedDataset;
  /** Samples of the part, and those of them that were classified. */
  of: number;
  indices: Int32Array;
  /** [indices, classes] */
  probabilities: Float32Array;
  /** [indices] */
  predicted: Int32Array;
}

/** The newest one: looking at several cells loads and predicts once. It goes with the thread, which ends when it is idle. */
let kept: Classified | null = null;

/**
 * Counts of actual and predicted classes, and the samples of one cell. Null if `run` is left out and the last answer was
 * about another key. Throws WRONG_STATE if there are no classes or no samples of that part.
 */
export async function confusion({
  key,
  run,
  part,
  cell,
}: Questions['confusion']['ask']): Promise<Questions['confusion']['answer']> {
  if (run === null && kept?.key !== key) return null;
  const classified = run === null ? kept! : await classify(key, run, part);
  kept = classified;
  const { dataset, indices, predicted, step, of } = classified;
  const { preparation, data } = dataset;
  const classes = preparation.outputs;
  const counts = classes.map(() => Array<number>(classes.length).fill(0));
  indices.forEach((sample, place) => {
    counts[data.targets[sample]!]![predicted[place]!]! += 1;
  });
  const columns = preparation.columns.map(({ name, width, shape }) => ({ name, width, ...(shape && { shape }) }));
  return {
    step,
    part: classified.part,
    classes,
    counts,
    samples: indices.length,
    of,
    columns,
    cell: cell && { actual: cell.actual, predicted: cell.predicted, samples: samplesOf(classified, cell) },
  };
}

async function classify(key: string, run: TrainedRun & RunData, wanted: DataPart | null): Promise<Classified> {
  const { engine, model, training } = run.spec;
  const dataset = loadDataset(run.data.spec, run.data.stored);
  const { data } = dataset;
  if (data.task !== 'classification')
    throw new RelumineError(
      'WRONG_STATE',
      `A confusion matrix is for classes, and this run has the task ${data.task}.`,
    );
  const { part, indices: all } = choosePart(dataset, wanted);
  const { preprocessing, state } = openCheckpoint(run);
  const network = await openNetwork(engine, model, training, oneRow(preprocessing), { state });
  const classes = preprocessing.outputCount;
  const most = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, MOST_WORK / network.parameterCount, MOST_OUTPUTS / classes));
  const indices = spread(all, most);
  const probabilities = new Float32Array(indices.length * classes);
  try {
    for (let start = 0; start < indices.length; start += SLICE_ROWS) {
      const rows = gather(dataset, indices.subarray(start, start + SLICE_ROWS));
      probabilities.set(await network.predict(rows), start * classes);
    }
  } finally {
    await network.close();
  }
  if (!probabilities.every(Number.isFinite))
    throw new RelumineError(
      'MODEL_NOT_READY',
      'The predictions of this checkpoint are not finite. Choose an earlier one.',
    );
  const predicted = Int32Array.from(indices, (_, place) =>
    greatest(probabilities.subarray(place * classes, (place + 1) * classes)),
  );
  return { key, step: state.step, part, dataset, of: all.length, indices, probabilities, predicted };
}

function samplesOf(
  { dataset, indices, predicted, probabilities }: Classified,
  cell: { actual: number; predicted: number; limit: number },
): ConfusionCell['samples'] {
  const { data, preparation } = dataset;
  const classes = preparation.outputs.length;
  for (const name of ['actual', 'predicted'] as const)
    if (cell[name] >= classes)
      throw new RelumineError(
        'INVALID_REQUEST',
        `There is no class ${cell[name]}. The classes are 0 to ${classes - 1}.`,
        {
          details: [
            { path: name, message: 'is not a class of this run', expected: `an integer from 0 to ${classes - 1}` },
          ],
        },
      );
  const surety = (place: number): number => probabilities[place * classes + cell.predicted]!;
  const places: number[] = [];
  indices.forEach((sample, place) => {
    if (predicted[place] === cell.predicted && data.targets[sample] === cell.actual) places.push(place);
  });
  const limit = Math.min(cell.limit, Math.max(1, Math.floor(MOST_INPUTS / data.featureCount)));
  return places
    .sort((a, b) => surety(b) - surety(a))
    .slice(0, limit)
    .map((place) => ({
      index: indices[place]!,
      row: describeRow(preparation, inputsOfSample(dataset, indices[place]!)),
      probabilities: Array.from(probabilities.subarray(place * classes, (place + 1) * classes)),
    }));
}

/** At most `limit` samples of a part, spread evenly over it. */
export async function samples({
  data: { spec, stored },
  part: wanted,
  limit,
}: Questions['samples']['ask']): Promise<DataSamples> {
  const dataset = loadDataset(spec, stored);
  const { data, preparation } = dataset;
  const { part, indices: all } = choosePart(dataset, wanted);
  const indices = spread(all, Math.min(limit, Math.max(1, Math.floor(MOST_INPUTS / data.featureCount))));
  const chosen = Array.from(indices);
  const { task, outputCount, targets } = data;
  return {
    part,
    task,
    inputs: inputNames(preparation),
    outputs: preparation.outputs,
    features: chosen.map((sample) => Array.from(inputsOfSample(dataset, sample))),
    targets:
      task === 'classification'
        ? chosen.map((sample) => targets[sample]!)
        : chosen.map((sample) => Array.from(targets.subarray(sample * outputCount, (sample + 1) * outputCount))),
    of: all.length,
  };
}

/** The wanted part, or the validation part, or the training part of a run without one. */
function choosePart(
  { trainIndices, validationIndices, testIndices }: LoadedDataset,
  wanted: DataPart | null,
): { part: DataPart; indices: Int32Array } {
  const parts: Record<DataPart, Int32Array> = {
    training: trainIndices,
    validation: validationIndices,
    test: testIndices,
  };
  const part = wanted ?? (validationIndices.length > 0 ? 'validation' : 'training');
  if (parts[part].length > 0) return { part, indices: parts[part] };
  const others = DATA_PARTS.filter((name) => parts[name].length > 0).join(' and ');
  throw new RelumineError('WRONG_STATE', `This run has no ${part} part. Its data are ${others}.`);
}

/** At most `most` of the indices, in their order and with even distances. */
function spread(indices: Int32Array, most: number): Int32Array {
  const count = Math.floor(most);
  if (indices.length <= count) return indices;
  return Int32Array.from({ length: count }, (_, k) => indices[Math.floor((k * indices.length) / count)]!);
}

function gather({ data: { inputs, featureCount } }: LoadedDataset, indices: Int32Array): Float32Array {
  const rows = new Float32Array(indices.length * featureCount);
  indices.forEach((sample, row) =>
    rows.set(inputs.subarray(sample * featureCount, (sample + 1) * featureCount), row * featureCount),
  );
  return rows;
}

const inputsOfSample = ({ data: { inputs, featureCount } }: LoadedDataset, sample: number): Uint8Array | Float32Array =>
  inputs.subarray(sample * featureCount, (sample + 1) * featureCount);

/** The first one of several that are equal, as in the accuracy. */
function greatest(values: Float32Array): number {
  let place = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[place]!) place = k;
  return place;
}
