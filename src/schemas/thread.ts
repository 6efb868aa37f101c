/** What the pool sends to a training thread, and what the thread reports. Transferred by structured clone. */
import type {
  Confusion,
  DatasetSpec,
  DataSamples,
  RunEngine,
  EngineListing,
  ErrorCode,
  ErrorDetail,
  Evaluation,
  Failure,
  InitialWeights,
  JobSpec,
  KeptWeights,
  MetricColumns,
  ModelFile,
  Neurons,
  Progress,
  Risk,
  RunEvent,
  DataPart,
  SnapshotLayer,
  Summary,
  Task,
  VerdictHistograms,
} from '../vocabulary/index.ts';
import type { NeuronPart, PackedNeurons } from './packed-neurons.ts';
import type { Blob, WeightsBlob } from './blob.ts';
import type { StoredDataset } from './training-data.ts';

/** What a resumed run has already reported. Reports up to these steps are not repeated. -1: none yet. */
export interface ReportedSteps {
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
  /** The initial weights that the spec names by their hash, of a run that has no checkpoint yet; null if it names none. */
  weights?: WeightsBlob | null;
  checkpoint: Uint8Array | null;
  /** The best checkpoint of a resumed run, to be measured on test rows at the end; null if there is none. */
  best?: Uint8Array | null;
  reported: ReportedSteps;
  /** The verdict that the next one continues from: the newest one before the checkpoint that was not on request. */
  neurons: Neurons | PackedNeurons | null;
  /** Cores of the machine that the queue leaves idle when the run starts. */
  idleCores?: number;
}

/**
 * `pause`, `cancel` and `yield` stop at the next chunk; `yield` checkpoints and hands the run back to the queue.
 * `inspect` asks for a verdict now.
 * `hold` starts no further chunk until `release`, because the database cannot keep up; every other order is still
 * followed.
 * `warm` loads what runs need, in a thread that has had none; `cancel` ends that too.
 */
export type ThreadOrder =
  | StartOrder
  | { type: 'warm' }
  | { type: 'pause' }
  | { type: 'cancel' }
  | { type: 'yield' }
  | { type: 'inspect' }
  | { type: 'hold' }
  | { type: 'release' };

export type RunOutcome =
  { outcome: 'succeeded' | 'cancelled' | 'paused' | 'yielded' } | { outcome: 'failed'; error: Failure };

export interface CheckpointReport {
  step: number;
  epoch: number;
  /** Taken at the end of the run. */
  isFinal: boolean;
  /** Of the best epoch so far. */
  isBest: boolean;
  state: Uint8Array;
  /** How many checkpoints stay, besides the newest, the best and the final one. */
  keep: number;
  /** The best epoch so far, if it was before this step and was not reported yet. */
  best: BestCheckpoint | null;
}
/** For predictions and exports only: the state has no slots of the optimizer. */
export interface BestCheckpoint {
  step: number;
  epoch: number;
  state: Uint8Array;
}

export interface VerdictReport {
  step: number;
  neurons: Neurons;
  /** The neurons of a large network, which `neurons` is then without. */
  parts?: NeuronPart[];
  evidence: unknown;
  histograms: VerdictHistograms | null;
}

export type ThreadReport =
  | { type: 'started'; engine: RunEngine; progress: Progress; summary: Summary }
  | ({ type: 'metrics' } & MetricColumns)
  | { type: 'progress'; progress: Progress; summary: Summary }
  | { type: 'snapshot'; step: number; epoch: number; samples: number; layers: SnapshotLayer[]; data: Float32Array }
  | { type: 'event'; step: number; event: RunEvent }
  | ({ type: 'verdict' } & VerdictReport)
  | ({ type: 'checkpoint' } & CheckpointReport)
  | ({ type: 'finished'; progress: Progress; summary: Summary; evaluation: Evaluation | null } & RunOutcome);

/** A thread that was told to warm up has done so. */
export interface WarmNotice {
  type: 'warm';
}

/** `rows` as they are, or as JSON. */
export type PredictionRows =
  { inputs: Float32Array; rows?: undefined } | { rows: unknown[] | Uint8Array; inputs?: undefined };

/** One-off questions that need an engine, answered by a separate thread. */
export interface Questions {
  listEngines: { ask: null; answer: EngineListing[] };
  /** How likely neurons are born dead, before training: about half a second for most jobs. */
  assessRisk: {
    ask: { spec: JobSpec; dataset: StoredDataset | null; weights: WeightsBlob | null };
    answer: Risk;
  };
  /** `opset` is for ONNX; the lowest possible if it is not given. */
  exportModel: { ask: TrainedRun & { file: ModelFile; opset?: number }; answer: ExportedModel };
  /** The weights as a new job takes them, to start from; null if one is not finite. */
  takeWeights: { ask: TrainedRun; answer: { weights: InitialWeights | KeptWeights; blobs: Blob[] } | null };
  /**
   * `inputs` are raw rows, [n, features]; or `rows` by the names of columns, not checked. The answer is the Prediction as
   * JSON, because millions of numbers take seconds to write.
   */
  predict: {
    ask: TrainedRun & PredictionRows & { features: number; task: Task; outputNames: string[] };
    answer: { json: Uint8Array };
  };
  /** With `run` null, only if the last answer has the same key; otherwise the answer is null. */
  confusion: {
    ask: {
      key: string;
      run: (TrainedRun & RunData) | null;
      part: DataPart | null;
      cell: { actual: number; predicted: number; limit: number } | null;
    };
    answer: Confusion | null;
  };
  samples: { ask: RunData & { part: DataPart | null; limit: number }; answer: DataSamples };
}
/** The data set of a run; `stored` is null unless it was uploaded. */
export interface RunData {
  data: { spec: DatasetSpec; stored: StoredDataset | null };
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
/** The asker chooses `id`; the answer carries the same one. */
export type ThreadQuestion = { [K in QuestionName]: { type: K; id: number; ask: Questions[K]['ask'] } }[QuestionName];
export type ThreadAnswer = { id: number } & (
  | { answer: Questions[QuestionName]['answer'] }
  | { error: { code: ErrorCode; message: string; details?: ErrorDetail[] } }
);
