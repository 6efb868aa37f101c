/** The shape of a job's data set, known before anything is loaded. */
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  type DatasetInfo,
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
}
type WholeShape = Pick<DatasetShape, 'task' | 'samples' | 'features' | 'outputs'>;

/** Sizes of the two parts. The validation part is rounded; with a split above 0 neither part is empty. */
function countSplit(
  samples: number,
  validationSplit: number,
): Pick<DatasetShape, 'trainingSamples' | 'validationSamples'> {
  const validationSamples =
    validationSplit === 0 ? 0 : Math.min(Math.max(Math.round(samples * validationSplit), 1), samples - 1);
  return { trainingSamples: samples - validationSamples, validationSamples };
}

/** `uploaded` is the data set that `spec.id` names, null for other kinds. The spec must name a known data set. */
export function shapeOf(
  spec: DatasetSpec,
  uploaded: Pick<DatasetInfo, 'task' | 'samples' | 'features' | 'outputs'> | null,
): DatasetShape {
  const { task, samples: available, features, outputs } = uploaded ?? wholeShape(spec);
  const samples = Math.min(available, spec.limit ?? available);
  return { task, samples, features, outputs, ...countSplit(samples, spec.validationSplit) };
}

function wholeShape(spec: DatasetSpec): WholeShape {
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

function shapeOfInline({ inputs, targets, task }: InlineData): WholeShape {
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
