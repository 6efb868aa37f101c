/** What a diagnosis reads: the run's verdicts and their evidence, arranged for the questions that follow. */
import { hiddenLayers, type HiddenLayer } from '../../model/blocks.ts';
import type { Failure, JobSpec, LayerHealth, Neurons } from '../../vocabulary/index.ts';
import type { DataFigures } from '../verdict/data-facts.ts';
import type { DeathEvidence, Evidence, TrainingWindow } from '../verdict/evidence.ts';
import { isInactive } from '../verdict/state.ts';

export interface DiagnoseInput {
  spec: JobSpec;
  /**
   * Of the whole run, in order of step. Only the first verdict, and those whose evidence has a window, are read beyond
   * their evidence.
   */
  verdicts: readonly { neurons: Neurons; evidence: Evidence | null }[];
  /** Why the run failed, if it did. */
  error: Failure | null;
  /** Steps that the whole run has or would have had. */
  plannedSteps: number;
}

/** `fine`: well below what a constant answer reaches. `poor`: no better than that. */
export type LossStanding = 'fine' | 'middling' | 'poor' | 'unknown';

export interface Case {
  spec: JobSpec;
  plannedSteps: number;
  error: Failure | null;
  /** The newest verdict with finite weights; null where there is none. */
  last: Neurons | null;
  hasDiverged: boolean;
  windows: TrainingWindow[];
  data: DataFigures | null;
  /** Deaths on record, by layer name, in order of step. */
  deaths: Map<string, DeathEvidence[]>;
  loss: { first: number | null; last: number | null; baseline: number | null; standing: LossStanding };
  hidden: HiddenLayer[];
}

export function openCase({ spec, verdicts, error, plannedSteps }: DiagnoseInput): Case {
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
 * Half of what the best constant answer costs is taken as learned, nine tenths as not; without a baseline, the first
 * loss stands for it.
 */
function judgeLoss(windows: readonly TrainingWindow[], baseline: number | null): Case['loss'] {
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
/** Nothing gets through: every neuron puts out one number, zero or another, whatever the input. */
export const isBlocked = (layer: LayerHealth): boolean => inactiveCount(layer) + layer.counts.constant === layer.units;

/** Steps at which the neurons that are inactive now became so, in order. */
export function inactiveSince(layer: LayerHealth): { step: number; isBorn: boolean }[] {
  return layer.neurons
    .filter(({ state }) => isInactive(state))
    .flatMap(({ history }) => {
      const event = history.findLast(({ type }) => type !== 'revived');
      return event ? [{ step: event.step, isBorn: event.type === 'bornDead' }] : [];
    })
    .sort((a, b) => a.step - b.step);
}
