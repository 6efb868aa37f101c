/** What the pool says to a training thread, and what the thread reports. Transferred by structured clone. */
import type { EngineInfo, Failure, Progress, Summary } from './run.ts';
import type { MetricColumns, RunEvent, SnapshotLayer } from './stream.ts';
import type { DatasetSpec, JobSpec } from './job.ts';
import type { ModelFile } from './answers.ts';
import type { Neurons, Risk } from './neurons.ts';

/** Rows of an uploaded data set, as the store keeps them. */
export interface StoredDataset {
  task: 'regression' | 'classification' | 'multilabel';
  samples: number;
  features: number;
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** What a resumed run already told: reports up to these steps are not repeated. -1: none yet. */
export interface ToldSteps {
  metrics: number;
  epochMetrics: number;
  verdict: number;
  snapshot: number;
}

export interface StartOrder {
  type: 'start';
  runId: string;
  attempt: number;
  spec: JobSpec;
  dataset: StoredDataset | null;
  checkpoint: Uint8Array | null;
  told: ToldSteps;
  /**
   * The newest stored verdict, for the life histories: it may lie beyond the checkpoint, where the last attempt got
   * further before it was killed.
   */
  neurons: Neurons | null;
}

/**
 * `pause`, `cancel` and `yield` stop at the next chunk; `yield` checkpoints and hands the run back to the queue.
 * `inspect` asks for a verdict now.
 * `hold` starts no further chunk until `release`, because the database cannot keep up; every other order is still
 * followed.
 */
export type ThreadOrder =
  | StartOrder
  | { type: 'pause' }
  | { type: 'cancel' }
  | { type: 'yield' }
  | { type: 'inspect' }
  | { type: 'hold' }
  | { type: 'release' };

export type RunOutcome =
  { outcome: 'succeeded' | 'cancelled' | 'paused' | 'yielded' } | { outcome: 'failed'; error: Failure };

export type ThreadReport =
  | { type: 'started'; engine: EngineInfo; progress: Progress; summary: Summary }
  | ({ type: 'metrics' } & MetricColumns)
  | { type: 'progress'; progress: Progress; summary: Summary }
  | { type: 'snapshot'; step: number; epoch: number; samples: number; layers: SnapshotLayer[]; data: Float32Array }
  | { type: 'event'; step: number; event: RunEvent }
  | { type: 'verdict'; step: number; neurons: Neurons; evidence: unknown }
  | { type: 'checkpoint'; step: number; epoch: number; isFinal: boolean; state: Uint8Array }
  | ({ type: 'finished'; progress: Progress; summary: Summary } & RunOutcome);

/** How an engine stands on this machine; `reason` says why it is not available. */
export interface EngineListing extends EngineInfo {
  available: boolean;
  reason: string | null;
}

/** One-off questions that need an engine, asked of a thread of their own: what is asked, and what is answered. */
export interface Questions {
  listEngines: { ask: null; answer: EngineListing[] };
  /** How likely neurons are born dead, before training: about half a second for most jobs. */
  assessRisk: { ask: { spec: JobSpec; dataset: StoredDataset | null }; answer: Risk };
  exportModel: { ask: TrainedRun & { file: ModelFile }; answer: ExportedModel };
  /** `inputs` are raw rows, [n, features]. */
  predict: { ask: TrainedRun & { inputs: Float32Array }; answer: { step: number; outputs: Float32Array } };
}
/** A run's model as it is stored. */
export interface TrainedRun {
  spec: Pick<JobSpec, 'engine' | 'model' | 'training'>;
  checkpoint: Uint8Array;
  /** Only for a checkpoint without normalisation (RLC1): the data set to fit it on. */
  data: { spec: DatasetSpec; stored: StoredDataset | null } | null;
}
export interface ExportedModel {
  bytes: Uint8Array;
  contentType: string;
  fileExtension: string;
}
export type QuestionName = keyof Questions;
/** `id` is the asker's own, and comes back with the answer. */
export type ThreadQuestion = { [K in QuestionName]: { type: K; id: number; ask: Questions[K]['ask'] } }[QuestionName];
export type ThreadAnswer = { id: number } & ({ answer: Questions[QuestionName]['answer'] } | { error: Failure });
