/** What a diagnosis reads: the run's verdicts and their evidence, in the form that findings and causes need. */
import { hiddenLayers, type HiddenLayer } from '../../model/blocks.ts';
import {
  taskOf,
  type Failure,
  type JobSpec,
  type LayerHealth,
  type Neurons,
  type Summary,
  type Task,
} from '../../vocabulary/index.ts';
import { learningOf, type Learning } from './learning.ts';
import type { DataFigures } from '../verdict/data-facts.ts';
import type { DeathEvidence, Evidence, TrainingWindow } from '../verdict/evidence.ts';
import { isInactive } from '../verdict/state.ts';

export interface DiagnoseInput {
  spec: JobSpec;
  /**
   * All verdicts of the run, in order of step. Neurons are read only from the first verdict and from those whose
   * evidence has a window.
   */
  verdicts: readonly { neurons: Neurons; evidence: Evidence | null }[];
  /** Why the run failed, if it did. */
  error: Failure | null;
  /** Steps of the whole run, even if it ended early. */
  plannedSteps: number;
  /** What training and validation measured over the steps. */
  curves?: Curves;
  summary?: Summary;
}

/** The metrics that a diagnosis reads. */
export const DIAGNOSED_METRICS = ['loss', 'accuracy', 'valLoss', 'valAccuracy'] as const;
export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}
export type Curves = Readonly<Partial<Record<(typeof DIAGNOSED_METRICS)[number], Curve>>>;

export interface RunRecord {
  spec: JobSpec;
  task: Task;
  plannedSteps: number;
  error: Failure | null;
  /** The newest verdict with finite weights; null if there is none. */
  last: Neurons | null;
  hasDiverged: boolean;
  /** What was recorded with each verdict, in order; of the first one, and of the newest. */
  verdictEvidence: readonly Evidence[];
  first: Evidence | null;
  latest: Evidence | null;
  windows: TrainingWindow[];
  data: DataFigures | null;
  /** Regression: the targets in the unit that is minimised. */
  targets: { mean: number; deviation: number } | null;
  /** Recorded deaths by layer name, in order of step. */
  deaths: Map<string, DeathEvidence[]>;
  learning: Learning;
  hidden: HiddenLayer[];
}

export function openRunRecord(input: DiagnoseInput): RunRecord {
  const { spec, verdicts, error, plannedSteps } = input;
  const evidence = verdicts.flatMap((verdict) => verdict.evidence ?? []);
  const windows = evidence.flatMap(({ window }) => window ?? []);
  const deaths = new Map<string, DeathEvidence[]>();
  for (const layer of evidence.flatMap(({ layers }) => layers))
    deaths.set(layer.name, [...(deaths.get(layer.name) ?? []), ...layer.deaths]);
  const data = evidence.at(-1)?.data ?? null;
  const task = taskOf(spec.training.loss);
  return {
    spec,
    task,
    plannedSteps,
    error,
    windows,
    data,
    targets: targetsOf(spec, data),
    verdictEvidence: evidence,
    first: evidence[0] ?? null,
    latest: evidence.at(-1) ?? null,
    deaths,
    last: verdicts.findLast(({ neurons }) => neurons.finite)?.neurons ?? null,
    hasDiverged:
      error?.code === 'DIVERGED' ||
      verdicts.at(-1)?.neurons.finite === false ||
      windows.some(({ nonFiniteStep }) => nonFiniteStep !== null),
    learning: learningOf({
      spec,
      plannedSteps,
      windows,
      data,
      curves: input.curves ?? {},
      summary: input.summary ?? {},
      task,
    }),
    hidden: hiddenLayers(spec.model.layers),
  };
}

/** Normalised targets have no mean, and a deviation of about 1. */
function targetsOf({ dataset }: JobSpec, data: DataFigures | null): RunRecord['targets'] {
  if (!data || data.targetMean === null || data.targetDeviation === null) return null;
  return dataset.normalizeTargets === 'none'
    ? { mean: data.targetMean, deviation: data.targetDeviation }
    : { mean: 0, deviation: 1 };
}

export const inactiveCount = (layer: LayerHealth): number => layer.counts.dead + layer.counts.silent;
/** Every neuron outputs the same number, zero or not, for every input, so no information gets through. */
export const isBlocked = (layer: LayerHealth): boolean => inactiveCount(layer) + layer.counts.constant === layer.units;

/** The steps at which the neurons that are inactive now became inactive, in order. */
export function inactiveSince(layer: LayerHealth): { step: number; isBorn: boolean }[] {
  return layer.neurons
    .filter(({ state }) => isInactive(state))
    .flatMap(({ history }) => {
      const event = history.findLast(({ type }) => type !== 'revived');
      return event ? [{ step: event.step, isBorn: event.type === 'bornDead' }] : [];
    })
    .sort((a, b) => a.step - b.step);
}
