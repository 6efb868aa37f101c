/** Two numbers that summarise a verdict, for the metrics and the run's summary. Hidden neurons only. */
import type { Neurons } from '../../vocabulary/index.ts';

export interface Activity {
  /** Share of the neurons in state `active`. */
  activeFraction: number;
  /** Neurons in state `dead` or `silent`: those that never fired on the samples seen. */
  deadNeurons: number;
  hiddenNeurons: number;
}

/** Null if there are no hidden neurons or the weights are not finite. */
export function activityOf(neurons: Pick<Neurons, 'layers'>): Activity | null {
  let active = 0,
    deadNeurons = 0,
    hiddenNeurons = 0;
  for (const { counts, units } of neurons.layers) {
    active += counts.active;
    deadNeurons += counts.dead + counts.silent;
    hiddenNeurons += units;
  }
  return hiddenNeurons === 0 ? null : { activeFraction: active / hiddenNeurons, deadNeurons, hiddenNeurons };
}

/**
 * Metric columns of one verdict: `activeFraction`, `deadNeurons`, and both for every layer as `activeFraction/dense_1`.
 */
export function activityMetrics(neurons: Neurons): Record<string, number> {
  const metrics: Record<string, number> = {};
  const add = (suffix: string, activity: Activity | null): void => {
    if (activity === null) return;
    metrics[`activeFraction${suffix}`] = activity.activeFraction;
    metrics[`deadNeurons${suffix}`] = activity.deadNeurons;
  };
  add('', activityOf(neurons));
  for (const layer of neurons.layers) add(`/${layer.name}`, activityOf({ layers: [layer] }));
  return metrics;
}

/** The same columns where nothing is known any more: the weights are not finite. */
export const unknownActivityMetrics = (layers: readonly { name: string }[]): Record<string, null> =>
  Object.fromEntries(
    ['', ...layers.map(({ name }) => `/${name}`)].flatMap((suffix) => [
      [`activeFraction${suffix}`, null],
      [`deadNeurons${suffix}`, null],
    ]),
  );
