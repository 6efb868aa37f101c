import type { DatasetJob, DatasetSpec } from './dataset.ts';
import { ENGINE_CHOICES } from './engines.ts';
import type { ModelJob, ModelSpec } from './model.ts';
import type { Filled, Given, Options } from './options.ts';
import type { TelemetryJob, TelemetrySpec, TrainingJob, TrainingSpec } from './training.ts';

/** The labels of a run, by which it is found. They are kept beside its spec and can be changed. */
export interface Labels {
  name: string;
  experiment: string;
  tags: string[];
  notes: string;
  metadata: Record<string, string>;
}

/** The options of a job, without those of its parts. */
export const JOB_OPTIONS = {
  engine: { type: 'string', enum: ENGINE_CHOICES, default: 'auto', description: 'auto takes the first one available.' },
  priority: {
    type: 'integer',
    minimum: -1000,
    maximum: 1000,
    default: 0,
    description: 'Runs with a higher priority start first.',
  },
} as const satisfies Options;

/** A training job as it is submitted. */
export interface Job extends Partial<Labels>, Given<typeof JOB_OPTIONS> {
  /** The run that this job was made from: it becomes the parent of the new run. Not part of the spec. */
  parentId?: string;
  /** Id or name. Not part of the spec. */
  project?: string;
  dataset: DatasetJob;
  model: ModelJob;
  training?: TrainingJob;
  telemetry?: TelemetryJob;
}

/** The job with every default filled in: submitting it again repeats the run exactly. */
export interface JobSpec extends Labels, Filled<typeof JOB_OPTIONS> {
  dataset: DatasetSpec;
  model: ModelSpec;
  training: TrainingSpec;
  telemetry: TelemetrySpec;
}
