/** A run: one training job with its state, progress and results. */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import {
  ENGINES,
  FAILURE_CODES,
  LOSS_UNITS,
  RUN_SOURCES,
  RUN_STATUSES,
  SUMMARY_KEYS,
  type CheckpointInfo,
  type EngineListing,
  type Failure,
  type Progress,
  type Run,
  type RunEngine,
  type RunPatch,
  type Summary,
  type SummaryKey,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { ChangeSchema } from './changes.ts';
import { JobSpecSchema, labels } from './job.ts';
import { CreatedBySchema, ProjectName } from './projects.ts';

const engineInfo = {
  name: Type.Enum([...ENGINES]),
  version: Type.String(),
  backend: Type.String({
    description:
      'What computes. onnx: onnxruntime. wasm: simd, or relaxed-simd with fused multiply-add. tensorflow: tensorflow (tfjs-node), wasm or cpu.',
  }),
};
const RunEngineSchema = schemaOf<RunEngine>()(
  Type.Object({
    ...engineInfo,
    reason: Type.Optional(
      Type.String({ description: 'Why this engine was chosen. Runs of older versions have none.' }),
    ),
    threads: Type.Optional(
      Type.Integer({ minimum: 1, description: 'That share the work of a step. Runs of older versions have one.' }),
    ),
  }),
);
export const EngineListingSchema = schemaOf<EngineListing>()(
  Type.Object({
    ...engineInfo,
    available: Type.Boolean(),
    reason: nullable(Type.String(), 'Why it is not available.'),
  }),
);

const ProgressSchema = schemaOf<Progress>()(
  Type.Object({
    epoch: Type.Integer({ description: 'Completed epochs.' }),
    epochs: Type.Integer({ description: 'Planned epochs.' }),
    step: Type.Integer({ description: 'Completed steps.' }),
    steps: Type.Integer({ description: 'Planned steps.' }),
  }),
);

const SUMMARY_DESCRIPTIONS: Record<SummaryKey, string> = {
  loss: 'Training loss, mean over the last window of steps.',
  accuracy: 'Training accuracy, from 0 to 1, over the last window of steps.',
  epochLoss: 'Training loss, mean over the samples of the last whole epoch, each at the step that trained on it.',
  epochAccuracy: 'Training accuracy over the last whole epoch, from 0 to 1.',
  valLoss: 'Validation loss of the last epoch.',
  valAccuracy: 'Validation accuracy of the last epoch, from 0 to 1.',
  r2: "Regression: coefficient of determination in the targets' own unit, mean over the outputs that are not constant. On the validation part, or on the training part if there is none.",
  macroF1:
    'Classification: mean over the classes, or over the labels, of F1. On the validation part, or on the training part if there is none.',
  bestStep: 'The step of the best checkpoint.',
  bestValLoss: 'Validation loss at the best checkpoint.',
  bestValAccuracy: 'Validation accuracy at the best checkpoint, from 0 to 1.',
  testLoss:
    'Loss on the test rows of the data set, once, with the final weights. Test rows take no part in the training.',
  testAccuracy: 'Accuracy on the test rows with the final weights, from 0 to 1.',
  testR2: "Regression: R² on the test rows with the final weights, in the targets' own unit.",
  bestTestLoss: 'Loss on the test rows with the weights of the best checkpoint, which the test rows did not choose.',
  bestTestAccuracy: 'Accuracy on the test rows with the weights of the best checkpoint, from 0 to 1.',
  bestTestR2: 'Regression: R² on the test rows with the weights of the best checkpoint.',
  learningRate: 'Learning rate of the last step.',
  gradientNorm: 'L2 norm of the whole gradient before clipping, mean over the last window of steps.',
  activeFraction: 'Share of the hidden neurons that are active, from 0 to 1.',
  deadNeurons: 'Hidden neurons that are dead or silent.',
  hiddenNeurons: 'All hidden neurons.',
  parameters: 'Learned parameters.',
  samplesPerSecond: 'Training speed.',
  trainingSeconds: 'Time spent training, without pauses.',
};
const SummarySchema = schemaOf<Summary>()(
  Type.Unsafe<Summary>(
    Type.Object(
      {
        ...Object.fromEntries(
          SUMMARY_KEYS.map((key) => [key, Type.Optional(nullable(Type.Number(), SUMMARY_DESCRIPTIONS[key]))]),
        ),
        lossUnit: Type.Optional(
          Type.Enum([...LOSS_UNITS], {
            description:
              'Regression: whether the losses are in the unit of the targets or of the normalised targets (dataset.normalizeTargets).',
          }),
        ),
      },
      {
        description:
          'The newest value of every metric, and figures of the whole run. Absent: never measured; null: not finite.',
      },
    ),
  ),
);

const FailureSchema = schemaOf<Failure>()(
  Type.Object({
    code: Type.Enum([...FAILURE_CODES]),
    message: Type.String({ description: 'What happened and what to change.' }),
  }),
);

const time = (description: string) => Type.String({ description: `${description} ISO 8601, UTC.` });

export const RunSchema = schemaOf<Run>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('run'),
    project: Type.String({ description: 'The id of the project to which it belongs.' }),
    createdBy: CreatedBySchema,
    status: Type.Enum([...RUN_STATUSES]),
    source: Type.Enum([...RUN_SOURCES], {
      description: 'Whether it was trained here or came in with an archive.',
    }),
    ...labels,
    spec: JobSpecSchema,
    parentId: nullable(
      Type.String(),
      'The run that this one was made from; null if there is none, or if it was deleted since.',
    ),
    change: Type.Array(ChangeSchema, { description: 'What the spec changes against that of its parent.' }),
    engine: nullable(RunEngineSchema, 'The engine that trains the run; null before it starts.'),
    progress: ProgressSchema,
    summary: SummarySchema,
    error: nullable(FailureSchema, 'Why the run failed.'),
    attempt: Type.Integer({ description: 'How often a worker has started the run; 0 before the first time.' }),
    queuePosition: nullable(Type.Integer(), 'Runs ahead of this one in the queue.'),
    createdAt: time('When it was submitted.'),
    startedAt: nullable(time('When it was first started.')),
    finishedAt: nullable(time('When it reached its final status.')),
  }),
);

const PARTS = { progress: ProgressSchema, summary: SummarySchema, engine: RunEngineSchema, error: FailureSchema };

/** Those of `run` that are objects of fixed properties, without properties that this version does not know. */
export const knownPartsOfRun = (run: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(PARTS).flatMap(([name, schema]) =>
      run[name] === undefined ? [] : [[name, Value.Clean(schema, structuredClone(run[name]))]],
    ),
  );

/** Where and how something is not a run; null if it is one. */
export function problemOfRun(value: unknown): string | null {
  if (Value.Check(RunSchema, value)) return null;
  const [first] = Value.Errors(RunSchema, value);
  return first ? `${first.instancePath.slice(1).replaceAll('/', '.')} ${first.message}` : 'it is no run';
}

export const RunPatchSchema = schemaOf<RunPatch>()(
  closed({
    name: Type.Optional(labels.name),
    notes: Type.Optional(labels.notes),
    tags: Type.Optional(labels.tags),
    metadata: Type.Optional(labels.metadata),
    project: Type.Optional({
      ...ProjectName,
      description: 'Moves the run there, with those of its trials. Its id, or its name.',
    }),
  }),
);

export const CheckpointSchema = schemaOf<CheckpointInfo>()(
  Type.Object({
    step: Type.Integer(),
    epoch: Type.Integer(),
    bytes: Type.Integer(),
    isFinal: Type.Boolean({ description: 'Taken at the end of the run, which may have been cancelled.' }),
    isBest: Type.Boolean({
      description:
        'Of the best epoch so far: by training.stopping.metric, or by the validation loss of a run without early stopping.',
    }),
    createdAt: time('When it was taken.'),
  }),
);
