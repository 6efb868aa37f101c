/** The training job: what a client submits, and the same job with every default filled in. */
import { Type } from 'typebox';
import { JOB_OPTIONS, type Job, type JobSpec } from '../vocabulary/index.ts';
import { closed, filled, given, schemaOf } from './build.ts';
import { DatasetSchema, DatasetSpecSchema } from './dataset.ts';
import { ModelSchema, ModelSpecSchema } from './model.ts';
import { ProjectName } from './projects.ts';
import { TelemetrySchema, TelemetrySpecSchema, TrainingSchema, TrainingSpecSchema } from './training.ts';

export const labels = {
  name: Type.String({ maxLength: 200 }),
  experiment: Type.String({ maxLength: 100 }),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 }),
  notes: Type.String({ maxLength: 20_000 }),
  metadata: Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 512 }), {
    maxProperties: 16,
    propertyNames: { type: 'string', maxLength: 64 },
  }),
};

export const JobSchema = schemaOf<Job>()(
  closed({
    name: Type.Optional(labels.name),
    experiment: Type.Optional(labels.experiment),
    tags: Type.Optional(labels.tags),
    notes: Type.Optional(labels.notes),
    metadata: Type.Optional(labels.metadata),
    parentId: Type.Optional(
      Type.String({
        description:
          'The run that this job was made from. The new run has it as its parent, and says what its spec changes against it.',
      }),
    ),
    project: Type.Optional({
      ...ProjectName,
      description: 'The project of the new run: its id, or its name. Default: that of its parent, or `default`.',
    }),
    dataset: DatasetSchema,
    model: ModelSchema,
    training: Type.Optional({ ...TrainingSchema, default: {} }),
    telemetry: Type.Optional({ ...TelemetrySchema, default: {} }),
    ...given(JOB_OPTIONS),
  }),
);

export const JobSpecSchema = schemaOf<JobSpec>()(
  Type.Object(
    {
      ...labels,
      dataset: DatasetSpecSchema,
      model: ModelSpecSchema,
      training: TrainingSpecSchema,
      telemetry: TelemetrySpecSchema,
      ...filled(JOB_OPTIONS),
    },
    { description: 'The job with every default filled in: submitting it again repeats the run exactly.' },
  ),
);
