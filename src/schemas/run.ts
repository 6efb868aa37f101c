/** A run: one training job with its state, progress and results. */
import { Type, type Static } from 'typebox';
import { ENGINES, labels, MetadataSchema, type EngineName, type JobSpec } from './job.ts';

export const RUN_STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const FINAL_STATUSES = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly RunStatus[];
export const isFinal = (status: RunStatus): boolean => (FINAL_STATUSES as readonly RunStatus[]).includes(status);

export const EngineInfoSchema = Type.Object({
  name: Type.Enum(ENGINES),
  version: Type.String(),
  backend: Type.String({ description: 'What does the arithmetic: cpu, wasm, tensorflow (tfjs-node), onnxruntime.' }),
});
export interface EngineInfo {
  name: EngineName;
  version: string;
  backend: string;
}

export const ProgressSchema = Type.Object({
  epoch: Type.Integer({ description: 'Whole epochs done.' }),
  epochs: Type.Integer(),
  step: Type.Integer({ description: 'Steps done.' }),
  steps: Type.Integer({ description: 'Steps in all.' }),
});
export type Progress = Static<typeof ProgressSchema>;

/** The newest value of every metric, and the counts of hidden neurons. A metric that was never measured is absent. */
export type Summary = Partial<
  Record<
    | 'loss'
    | 'accuracy'
    | 'valLoss'
    | 'valAccuracy'
    | 'learningRate'
    | 'gradientNorm'
    | 'activeFraction'
    | 'deadNeurons'
    | 'hiddenNeurons'
    | 'parameters'
    | 'samplesPerSecond'
    | 'trainingSeconds',
    number | null
  >
>;
export const SUMMARY_KEYS = [
  'loss',
  'accuracy',
  'valLoss',
  'valAccuracy',
  'learningRate',
  'gradientNorm',
  'activeFraction',
  'deadNeurons',
  'hiddenNeurons',
  'parameters',
  'samplesPerSecond',
  'trainingSeconds',
] as const satisfies readonly (keyof Summary)[];

export const FailureSchema = Type.Object({ code: Type.String(), message: Type.String() });
export type Failure = Static<typeof FailureSchema>;

export const RunSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('run'),
  status: Type.Enum(RUN_STATUSES),
  ...labels,
  spec: Type.Unsafe<JobSpec>({
    type: 'object',
    additionalProperties: true,
    description: 'The job with every default filled in.',
  }),
  engine: Type.Union([EngineInfoSchema, Type.Null()]),
  progress: ProgressSchema,
  summary: Type.Unsafe<Summary>({ type: 'object', additionalProperties: { type: ['number', 'null'] } }),
  error: Type.Union([FailureSchema, Type.Null()]),
  attempt: Type.Integer({ description: 'How often a worker has taken the run up; 0 before the first time.' }),
  queuePosition: Type.Union([Type.Integer(), Type.Null()], { description: 'Runs ahead of this one in the queue.' }),
  createdAt: Type.String(),
  startedAt: Type.Union([Type.String(), Type.Null()]),
  finishedAt: Type.Union([Type.String(), Type.Null()]),
});

export interface Run {
  id: string;
  object: 'run';
  status: RunStatus;
  name: string;
  experiment: string;
  tags: string[];
  notes: string;
  metadata: Record<string, string>;
  spec: JobSpec;
  engine: EngineInfo | null;
  progress: Progress;
  summary: Summary;
  error: Failure | null;
  attempt: number;
  queuePosition: number | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

export const RunPatchSchema = Type.Object(
  {
    name: Type.Optional(labels.name),
    notes: Type.Optional(labels.notes),
    tags: Type.Optional(labels.tags),
    metadata: Type.Optional(MetadataSchema),
  },
  { additionalProperties: false },
);
export type RunPatch = Static<typeof RunPatchSchema>;
