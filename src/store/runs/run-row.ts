/** Converts table rows to runs. */
import {
  DEFAULT_OUTPUT,
  SPLIT_OPTIONS,
  type Change,
  type DatasetSpec,
  type RunEngine,
  type Failure,
  type JobSpec,
  type ModelSpec,
  type OutputLayerSpec,
  type PersonName,
  type Progress,
  type Run,
  type RunStatus,
  type Summary,
  type TelemetrySpec,
  TRAINING_OPTIONS,
  type TrainingSpec,
} from '../../vocabulary/index.ts';
import { CREATED_BY } from '../postgres/origin.ts';
import { joinSpec } from './bulk.ts';

type Older<T, Key extends keyof T> = T extends unknown ? Omit<T, Key> & Partial<Pick<T, Key>> : never;
/** A spec as it may have been stored by an older version, which did not know every option. */
type StoredSpec = Omit<JobSpec, 'dataset' | 'model' | 'training' | 'telemetry'> & {
  dataset: Older<DatasetSpec, 'normalizeTargets' | 'version'>;
  model: Omit<ModelSpec, 'output'> & { output?: Older<OutputLayerSpec, 'activation'> };
  training: Older<TrainingSpec, 'classWeights' | 'stopping' | 'threads'>;
  telemetry: Older<TelemetrySpec, 'keepCheckpoints'>;
};

export interface RunRow {
  id: string;
  project: string;
  createdBy: PersonName | null;
  status: RunStatus;
  source: Run['source'];
  name: string;
  experiment: string;
  tags: string[];
  notes: string;
  metadata: Record<string, string>;
  spec: StoredSpec;
  bulkBytes: number | null;
  parentId: string | null;
  change: Change[];
  engine: RunEngine | null;
  progress: Progress;
  summary: Summary;
  error: Failure | null;
  attempt: number;
  lastSeq: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** The columns of a RunRow, under Prisma's names. */
export const RUN_COLUMNS = `id, project_id as project, ${CREATED_BY}, status, source, name, experiment, tags, notes, metadata, spec, bulk_bytes as "bulkBytes", parent_id as "parentId", change, engine, progress, summary, error,
  attempt, last_seq as "lastSeq", created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"`;

/** With the options that older versions did not know, as what they did. */
export function specOf({ spec }: Pick<RunRow, 'spec'>): JobSpec {
  const { classWeights = TRAINING_OPTIONS.classWeights.default, stopping = null, threads = 1 } = spec.training;
  const { keepCheckpoints = 0 } = spec.telemetry;
  const { output, ...model } = spec.model;
  return {
    ...spec,
    dataset: fillDataset(spec.dataset),
    training: { ...spec.training, classWeights, stopping, threads },
    telemetry: { ...spec.telemetry, keepCheckpoints },
    model:
      output === undefined
        ? model
        : { ...model, output: { ...output, activation: output.activation ?? DEFAULT_OUTPUT.activation } },
  };
}

function fillDataset(spec: StoredSpec['dataset']): DatasetSpec {
  const { normalizeTargets = SPLIT_OPTIONS.normalizeTargets.default } = spec;
  // What was uploaded before there were versions is the first one.
  if (spec.id !== undefined) return { ...spec, normalizeTargets, version: spec.version ?? 1 };
  return { ...spec, normalizeTargets };
}

/** If `bulk` is null, the spec has none of the numbers that the run holds itself. */
export async function toRun(row: RunRow, bulk: Uint8Array | null): Promise<Run> {
  const spec = specOf(row);
  return {
    id: row.id,
    object: 'run',
    project: row.project,
    createdBy: row.createdBy,
    status: row.status,
    source: row.source,
    name: row.name,
    experiment: row.experiment,
    tags: row.tags,
    notes: row.notes,
    metadata: row.metadata,
    spec: bulk ? await joinSpec(spec, bulk) : spec,
    parentId: row.parentId,
    change: row.change,
    engine: row.engine,
    progress: row.progress,
    summary: row.summary,
    error: row.error,
    attempt: row.attempt,
    queuePosition: null,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
