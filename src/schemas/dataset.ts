/** The data set of a job, and the data sets that there are to choose from. */
import { Type } from 'typebox';
import {
  DATASET_KINDS,
  LIMITS,
  SPLIT_OPTIONS,
  SYNTHETIC_OPTIONS,
  TASKS,
  type DatasetInfo,
  type DatasetJob,
  type DatasetSpec,
  type UnreadDataset,
  type Upload,
} from '../vocabulary/index.ts';
import { ColumnSchema, DataWarningSchema, RowSplitSchema } from './columns.ts';
import { closed, filled, nullable, partial, schemaOf } from './build.ts';
import { DatasetVersion } from './parameters.ts';
import { CreatedBySchema, ProjectName } from './projects.ts';

const TaskSchema = Type.Enum([...TASKS], {
  description: 'What the targets are: numbers, one class per sample, or several labels per sample.',
});

const rows = {
  inputs: Type.Array(Type.Array(Type.Number(), { minItems: 1 }), {
    minItems: 1,
    description: 'Rows of features, [samples, features].',
  }),
  targets: Type.Union([Type.Array(Type.Number()), Type.Array(Type.Array(Type.Number()))], {
    description:
      'Class indices from 0 (classification), numbers or rows of numbers (regression), rows of 0 and 1 (multilabel).',
  }),
  task: TaskSchema,
};
export const DatasetSchema = schemaOf<DatasetJob>()(
  closed({
    name: Type.Optional(
      Type.String({
        description: 'A built-in data set, or the newest uploaded one of this name: see GET /v1/datasets.',
      }),
    ),
    id: Type.Optional(Type.String({ description: 'An uploaded data set.' })),
    version: Type.Optional({ ...DatasetVersion, description: 'Of an uploaded data set. Default: the newest one.' }),
    hash: Type.Optional(
      Type.String({
        description:
          'Of that version, as GET /v1/datasets/{id} has it: the job is refused if it has another one. With `inline`: of the rows.',
      }),
    ),
    inline: Type.Optional(
      Type.Literal(true, {
        description:
          'The rows that came with an earlier job, which are named by their `hash`, as the spec of its run has it. `task`, `features`, `outputs` and `samples` may be there and say the same.',
      }),
    ),
    features: Type.Optional(Type.Integer({ description: 'With `inline` only.' })),
    outputs: Type.Optional(Type.Integer({ description: 'With `inline` only.' })),
    inputs: Type.Optional(rows.inputs),
    targets: Type.Optional(rows.targets),
    task: Type.Optional(TaskSchema),
    ...partial(SYNTHETIC_OPTIONS),
    ...partial(SPLIT_OPTIONS),
  }),
);

export const DatasetSpecSchema = schemaOf<DatasetSpec>()(
  Type.Union([
    Type.Object(
      { name: Type.String(), ...partial(SYNTHETIC_OPTIONS), ...filled(SPLIT_OPTIONS) },
      { description: 'A built-in data set; `samples` and `noise` are present for synthetic ones.' },
    ),
    Type.Object(
      {
        id: Type.String(),
        version: Type.Integer(),
        hash: Type.Optional(Type.String({ description: 'Absent in runs of earlier releases.' })),
        ...filled(SPLIT_OPTIONS),
      },
      { description: 'A version of an uploaded data set.' },
    ),
    Type.Object(
      {
        task: TaskSchema,
        inputs: Type.Optional(rows.inputs),
        targets: Type.Optional(rows.targets),
        ...filled(SPLIT_OPTIONS),
      },
      {
        description: `Inline data of at most ${LIMITS.valuesInJob} numbers. A list of runs may leave out \`inputs\` and \`targets\`; a single run has them.`,
      },
    ),
    Type.Object(
      {
        inline: Type.Literal(true),
        hash: Type.String({ description: '`sha256:...` over the rows.' }),
        task: TaskSchema,
        samples: Type.Integer(),
        features: Type.Integer(),
        outputs: Type.Integer({ description: 'Classes, labels or regression targets.' }),
        ...filled(SPLIT_OPTIONS),
      },
      {
        description:
          'More inline data, which is kept apart. `GET /v1/runs/{id}?include=data` has `inputs` and `targets` in its place.',
      },
    ),
  ]),
);

export const DatasetInfoSchema = schemaOf<DatasetInfo>()(
  Type.Object({
    object: Type.Literal('dataset'),
    name: Type.Optional(
      Type.String({ description: 'The name of a built-in data set, or of an uploaded one if it has a name.' }),
    ),
    id: Type.Optional(Type.String({ description: 'For uploaded data sets.' })),
    project: Type.Optional(
      nullable(
        Type.String(),
        'For uploaded data sets: the id of the project. null: read from files of DATASETS_DIR, for everybody.',
      ),
    ),
    createdBy: Type.Optional(CreatedBySchema),
    kind: Type.Enum([...DATASET_KINDS]),
    task: TaskSchema,
    samples: Type.Integer({ description: 'All samples; for synthetic data sets the default number.' }),
    features: Type.Integer(),
    outputs: Type.Integer({ description: 'Classes, labels or regression targets.' }),
    noise: Type.Optional(Type.Number({ description: 'Synthetic data sets: default standard deviation of the noise.' })),
    description: Type.String(),
    createdAt: Type.Optional(Type.String({ description: 'For uploaded data sets.' })),
    available: Type.Optional(
      Type.Boolean({ description: 'Of data sets whose files come from elsewhere. False: they are not there.' }),
    ),
    reason: Type.Optional(Type.String({ description: 'Why it is not available, and how to get its files.' })),
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'Uploaded data sets: from 1 on.' })),
    hash: Type.Optional(
      Type.String({ description: 'Uploaded data sets: `sha256:...` over the content and how it is prepared.' }),
    ),
    columns: Type.Optional(Type.Array(ColumnSchema)),
    classes: Type.Optional(
      nullable(Type.Array(Type.String()), 'The names of the classes or labels; null for a regression.'),
    ),
    split: Type.Optional(RowSplitSchema),
    warnings: Type.Optional(Type.Array(DataWarningSchema)),
    trainingSamples: Type.Optional(Type.Integer({ description: 'Where the split is fixed.' })),
    validationSamples: Type.Optional(Type.Integer({ description: 'Where the split is fixed.' })),
    testSamples: Type.Optional(
      Type.Integer({ description: 'Where the split is fixed: rows that are neither trained nor validated on.' }),
    ),
    runs: Type.Optional(Type.Integer({ description: 'Uploaded data sets: how many runs name it, in any version.' })),
  }),
);

export const UnreadDatasetSchema = schemaOf<UnreadDataset>()(
  Type.Object(
    {
      object: Type.Literal('dataset'),
      name: Type.String(),
      kind: Type.Literal('real'),
      status: Type.Literal('unread'),
      task: Type.Null(),
      samples: Type.Null(),
      features: Type.Null(),
      outputs: Type.Null(),
      description: Type.String(),
      available: Type.Literal(true),
    },
    {
      description:
        'Files in DATASETS_DIR that were not read yet. They are read when somebody names them, in a job or in GET /v1/datasets/{id}.',
    },
  ),
);

export const UploadSchema = schemaOf<Upload>()(
  closed({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    project: Type.Optional(ProjectName),
    inputs: Type.Array(Type.Array(Type.Number()), {
      description: `Rows of features, [samples, features]; at most ${LIMITS.samples} rows.`,
    }),
    targets: rows.targets,
    task: TaskSchema,
    featureNames: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
        description: 'One per column of the inputs. Without them the columns are x1, x2 and so on.',
      }),
    ),
    classNames: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
        description: 'One per class or label, in their order. Without them classes are 0, 1 and so on, labels y1, y2.',
      }),
    ),
  }),
);
