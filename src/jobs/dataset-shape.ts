/** The shape of a job's data set, known before anything is loaded. */
import { isBlob, isTable, type StoredDataset } from '../schemas/training-data.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  type DatasetSpec,
  type InlineData,
  type Task,
} from '../vocabulary/index.ts';

export interface DatasetShape {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  trainingSamples: number;
  validationSamples: number;
  /** Neither trained nor validated on. Only an uploaded data set with a fixed split has some. */
  testSamples: number;
}
type WholeShape = Pick<DatasetShape, 'task' | 'samples' | 'features' | 'outputs'>;
type Counts = Pick<DatasetShape, 'trainingSamples' | 'validationSamples' | 'testSamples'>;
/** What must be known of an uploaded data set; counts of parts where its split is fixed. */
export type UploadedShape = WholeShape & Partial<Counts>;

/** The validation part is rounded; with a split above 0 neither part is empty. */
function shareOf(samples: number, share: number): number {
  return share === 0 ? 0 : Math.min(Math.max(Math.round(samples * share), 1), samples - 1);
}

/**
 * Sizes of the parts. A fixed split keeps its proportions under a limit, and no part that has rows becomes empty. Where
 * it has no validation part, `validationSplit` takes one out of its training part; where it has one, `validationSplit`
 * does not matter.
 */
export function countParts(
  { limit, validationSplit }: Pick<DatasetSpec, 'limit' | 'validationSplit'>,
  samples: number,
  fixed: Counts | null,
): Counts {
  const used = Math.min(samples, limit ?? samples);
  if (fixed === null) {
    const validationSamples = shareOf(used, validationSplit);
    return { trainingSamples: used - validationSamples, validationSamples, testSamples: 0 };
  }
  const testSamples = shareOf(used, fixed.testSamples / samples);
  const rest = used - testSamples;
  const held = fixed.validationSamples / (fixed.trainingSamples + fixed.validationSamples);
  const validationSamples = shareOf(rest, fixed.validationSamples > 0 ? held : validationSplit);
  return { trainingSamples: rest - validationSamples, validationSamples, testSamples };
}

/** `uploaded` is the data set that `spec.id` names, null for other kinds. The spec must name a known data set. */
export function shapeOf(spec: DatasetSpec, uploaded: UploadedShape | null): DatasetShape {
  const { task, samples: available, features, outputs } = uploaded ?? wholeShape(spec);
  const samples = Math.min(available, spec.limit ?? available);
  return { task, samples, features, outputs, ...countParts(spec, available, uploaded && fixedParts(uploaded)) };
}

/** Null where the job splits the rows. */
function fixedParts({ trainingSamples, validationSamples = 0, testSamples = 0 }: UploadedShape): Counts | null {
  return trainingSamples === undefined ? null : { trainingSamples, validationSamples, testSamples };
}

/** What the recipe of a stored data set makes of it, in the same terms. */
export function storedShape(stored: StoredDataset): UploadedShape {
  if (isBlob(stored)) return stored.content;
  if (!isTable(stored)) return stored;
  const { samples, features, outputs, parts } = stored.counts;
  const fixed = parts && {
    trainingSamples: parts.training,
    validationSamples: parts.validation,
    testSamples: parts.test,
  };
  return { task: stored.recipe.task, samples, features, outputs, ...fixed };
}

function wholeShape(spec: DatasetSpec): WholeShape {
  if (spec.inline) return spec;
  if (spec.name === undefined) return shapeOfInline(inlineDataOf(spec));
  if (!isBuiltInDataset(spec.name)) throw new RangeError(`No built-in data set is called ${spec.name}.`);
  const builtIn = BUILT_IN_DATASETS[spec.name];
  return { ...builtIn, samples: builtIn.kind === 'synthetic' ? (spec.samples ?? builtIn.samples) : builtIn.samples };
}

/** The rows of inline data. Throws a RangeError if the spec has none. */
export function inlineDataOf({ inputs, targets, task }: DatasetSpec): InlineData {
  if (!inputs || !targets || !task) throw new RangeError('The data set of this spec has no rows.');
  return { inputs, targets, task };
}

export function shapeOfInline({ inputs, targets, task }: InlineData): WholeShape {
  const [first] = targets;
  const columns = Array.isArray(first) ? first.length : 1;
  const outputs = task === 'classification' ? countClasses(targets) : columns;
  return { task, samples: inputs.length, features: inputs[0]?.length ?? 0, outputs };
}

/** Classes are numbered from 0. */
function countClasses(targets: InlineData['targets']): number {
  let largest = 0;
  for (const target of targets) if (typeof target === 'number' && target > largest) largest = target;
  return largest + 1;
}
