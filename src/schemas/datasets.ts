/** The built-in data sets as the API lists them. What they hold is made in `datasets/`; both read this one table. */
import { Type, type Static } from 'typebox';
import { TaskSchema, type DatasetSpec, type Task } from './job.ts';

export const DatasetInfoSchema = Type.Object({
  object: Type.Literal('dataset'),
  name: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  kind: Type.Enum(['real', 'synthetic', 'uploaded']),
  task: TaskSchema,
  samples: Type.Integer({ description: 'All samples; for synthetic data sets the default number.' }),
  features: Type.Integer(),
  outputs: Type.Integer({ description: 'Classes, labels or regression targets.' }),
  noise: Type.Optional(Type.Number({ description: 'Synthetic data sets: default standard deviation of the noise.' })),
  description: Type.String(),
  createdAt: Type.Optional(Type.String()),
});
export type DatasetInfo = Static<typeof DatasetInfoSchema>;

interface BuiltIn {
  kind: 'real' | 'synthetic';
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  noise?: number;
  description: string;
}

export const BUILT_IN_DATASETS = {
  mnist: {
    kind: 'real',
    task: 'classification',
    samples: 70_000,
    features: 784,
    outputs: 10,
    description:
      'Handwritten digits, 28 x 28 grey pixels: 60,000 training images, then 10,000 test images. Without a limit, a validationSplit of 1/7 holds out exactly the test images.',
  },
  iris: {
    kind: 'real',
    task: 'classification',
    samples: 150,
    features: 4,
    outputs: 3,
    description: "Fisher's iris flowers: sepal and petal length and width in cm.",
  },
  xor: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.1,
    description:
      'Points in the four quadrants, away from the axes; the class is whether both coordinates have the same sign.',
  },
  circles: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.05,
    description: 'A circle inside a circle.',
  },
  moons: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.1,
    description: 'Two interleaved half circles.',
  },
  spirals: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.02,
    description: 'Two interleaved spirals.',
  },
  gaussians: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 4,
    noise: 0.3,
    description: 'Four clouds of points on the corners of a square.',
  },
  absolute: {
    kind: 'synthetic',
    task: 'regression',
    samples: 3000,
    features: 1,
    outputs: 1,
    noise: 0,
    description: 'y = |x| for x uniform in [-sqrt 3, sqrt 3], the target of Lu et al. (2020).',
  },
  sine: {
    kind: 'synthetic',
    task: 'regression',
    samples: 1000,
    features: 1,
    outputs: 1,
    noise: 0,
    description: 'y = sin(x) for x uniform in [-pi, pi].',
  },
} as const satisfies Record<string, BuiltIn>;
export type BuiltInDataset = keyof typeof BUILT_IN_DATASETS;

export const isBuiltInDataset = (name: string): name is BuiltInDataset => Object.hasOwn(BUILT_IN_DATASETS, name);

/** What a job's data set comes to, known before anything is loaded. */
export interface DatasetShape {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  trainingSamples: number;
  validationSamples: number;
}

/** Sizes of the two parts: the validation part is rounded, and where it is asked for neither part is empty. */
export function countSplit(
  samples: number,
  validationSplit: number,
): { trainingSamples: number; validationSamples: number } {
  const validationSamples =
    validationSplit === 0 ? 0 : Math.min(Math.max(Math.round(samples * validationSplit), 1), samples - 1);
  return { trainingSamples: samples - validationSamples, validationSamples };
}

/** `uploaded` is what `spec.id` names, null elsewhere. The spec must name a known data set. */
export function shapeOf(
  spec: DatasetSpec,
  uploaded: Pick<DatasetInfo, 'task' | 'samples' | 'features' | 'outputs'> | null,
): DatasetShape {
  const {
    task,
    samples: available,
    features,
    outputs,
  } = uploaded ?? (spec.inputs ? shapeOfInline(spec) : shapeOfBuiltIn(spec));
  const samples = Math.min(available, spec.limit ?? available);
  return { task, samples, features, outputs, ...countSplit(samples, spec.validationSplit) };
}

function shapeOfBuiltIn({ name, samples }: DatasetSpec): {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
} {
  if (name === undefined || !isBuiltInDataset(name)) throw new RangeError(`no built-in data set is called ${name}`);
  const builtIn = BUILT_IN_DATASETS[name];
  return { ...builtIn, samples: builtIn.kind === 'synthetic' ? (samples ?? builtIn.samples) : builtIn.samples };
}

function shapeOfInline({ inputs = [], targets = [], task = 'regression' }: DatasetSpec): {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
} {
  const [first] = targets;
  const columns = Array.isArray(first) ? first.length : 1;
  const outputs =
    task === 'classification'
      ? (targets as number[]).reduce((largest, target) => Math.max(largest, target), 0) + 1
      : columns;
  return { task, samples: inputs.length, features: inputs[0]?.length ?? 0, outputs };
}

/**
 * What a network trains on. Inputs keep their own type; the program casts and normalises them: x = (value - shift) *
 * scale.
 */
export interface TrainingData {
  readonly task: Task;
  readonly sampleCount: number;
  readonly featureCount: number;
  /** Classes, labels or regression targets. */
  readonly outputCount: number;
  /** [samples, features] */
  readonly inputs: Uint8Array | Float32Array;
  /** [samples] class indices, or [samples, outputs] numbers. */
  readonly targets: Int32Array | Float32Array;
  /** One pair per feature; null for none. */
  readonly normalization: { readonly shift: Float32Array; readonly scale: Float32Array } | null;
}
