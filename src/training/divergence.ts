/** The end of a run whose numbers are no longer finite: what happened, and what to change. */
import { RunFailure } from '../errors.ts';
import type { JobSpec, RunEvent } from '../schemas/index.ts';

/**
 * `step`: the first step whose loss is not finite, or after which a weight is not. `lossBefore`: the last finite loss.
 */
export interface Divergence {
  step: number;
  lossBefore: number | null;
  learningRate: number;
  what: 'loss' | 'weights';
}

export class Diverged extends RunFailure {
  readonly event: RunEvent;

  constructor(divergence: Divergence, spec: JobSpec) {
    const message = describe(divergence, spec);
    super('DIVERGED', message);
    this.event = { code: 'DIVERGED', level: 'critical', message, data: { ...divergence } };
  }
}

function describe({ step, lossBefore, learningRate, what }: Divergence, { dataset, training }: JobSpec): string {
  const before = lossBefore === null ? '' : ` (it was ${lossBefore.toPrecision(4)} before)`;
  const happened =
    what === 'loss'
      ? `The loss stopped being finite at step ${step}${before}`
      : `Weights stopped being finite at step ${step}, after a last loss of ${lossBefore?.toPrecision(4) ?? 'unknown size'}`;
  const remedies = [
    `lower training.optimizer.learningRate (it was ${learningRate})`,
    ...(training.clipNorm === null ? ['set training.clipNorm, for example to 1'] : []),
    ...(dataset.normalize === 'none' ? ['normalise the inputs with dataset.normalize "standard"'] : []),
    ...(training.loss === 'meanSquaredError' ? ['scale the targets down, or use the huber loss'] : []),
  ];
  return `${happened}: ${remedies.join(', or ')}.`;
}
