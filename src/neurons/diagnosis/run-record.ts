/** What a diagnosis reads: the run's verdicts and their evidence, in the form that findings and causes need. */
import { hiddenLayers, type HiddenLayer } from '../../model/blocks.ts';
import type { Failure, JobSpec, LayerHealth, Neurons, Summary } from '../../vocabulary/index.ts';
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

/** `fine`: well below the loss of a constant answer. `poor`: no better than it. */
export type LossStanding = 'fine' | 'middling' | 'poor' | 'unknown';

export interface RunRecord {
  spec: JobSpec;
  plannedSteps: number;
  error: Failure | null;
  /** The newest verdict with finite weights; null if there is none. */
  last: Neurons | null;
  hasDiverged: boolean;
  windows: TrainingWindow[];
  data: DataFigures | null;
  /** Recorded deaths by layer name, in order of step. */
  deaths: Map<string, DeathEvidence[]>;
  loss: { first: number | null; last: number | null; baseline: number | null; standing: LossStanding };
  hidden: HiddenLayer[];
}

export function openRunRecord({ spec, verdicts, error, plannedSteps }: DiagnoseInput): RunRecord {
  const evidence = verdicts.flatMap((verdict) => verdict.evidence ?? []);
  const windows = evidence.flatMap(({ window }) => window ?? []);
  const deaths = new Map<string, DeathEvidence[]>();
  for (const layer of evidence.flatMap(({ layers }) => layers))
    deaths.set(layer.name, [...(deaths.get(layer.name) ?? []), ...layer.deaths]);
  const data = evidence.at(-1)?.data ?? null;
  return {
    spec,
    plannedSteps,
    error,
    windows,
    data,
    deaths,
    last: verdicts.findLast(({ neurons }) => neurons.finite)?.neurons ?? null,
    hasDiverged:
      error?.code === 'DIVERGED' ||
      verdicts.at(-1)?.neurons.finite === false ||
      windows.some(({ nonFiniteStep }) => nonFiniteStep !== null),
    loss: judgeLoss(windows, data?.baselineLoss ?? null),
    hidden: hiddenLayers(spec.model.layers),
  };
}

/**
 * Below half of the loss of the best constant answer, the network has learned; above nine tenths of it, it has not.
 * Without such a baseline the first loss takes its place.
 */
function judgeLoss(windows: readonly TrainingWindow[], baseline: number | null): RunRecord['loss'] {
  const first = windows[0]?.firstLoss ?? null,
    last = windows.at(-1)?.meanLoss ?? null;
  const reference = baseline ?? first;
  const standing = (): LossStanding => {
    if (last === null || reference === null || reference <= 0) return 'unknown';
    if (last <= 0.5 * reference) return 'fine';
    return last >= 0.9 * reference ? 'poor' : 'middling';
  };
  return { first, last, baseline, standing: standing() };
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
