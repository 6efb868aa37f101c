/** The failure of a run whose loss or weights are no longer finite: what happened, and what to change. */
import { RunFailure } from '../errors.ts';
import type { JobSpec, RunEvent } from '../vocabulary/index.ts';

interface Divergence {
  /** The first step whose loss is not finite, or after which a weight is not finite. */
  step: number;
  /** The last finite loss. */
  lossBefore: number | null;
  learningRate: number;
  /** The step of the best checkpoint. */
  bestStep: number | null;
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

const HAPPENED: Record<Divergence['what'], string> = {
  loss: 'The loss stopped being finite',
  weights: 'Weights stopped being finite',
};

function describe(
  { step, lossBefore, learningRate, what, bestStep }: Divergence,
  { dataset, training }: JobSpec,
): string {
  const last = lossBefore === null ? '' : ` (last finite loss: ${lossBefore.toPrecision(4)})`;
  const normalizeTargets =
    dataset.normalizeTargets === 'none' ? ['normalise the targets with dataset.normalizeTargets'] : [];
  const remedies = [
    `lower training.optimizer.learningRate (currently ${learningRate})`,
    ...(training.clipNorm === null ? ['set training.clipNorm, for example to 1'] : []),
    ...(dataset.normalize === 'none' ? ['normalise the inputs with dataset.normalize "standard"'] : []),
    ...(training.loss === 'meanSquaredError' ? [...normalizeTargets, 'use the huber loss'] : []),
  ];
  const kept = bestStep === null ? '' : ` The weights of step ${bestStep} are kept as the best checkpoint.`;
  return `${HAPPENED[what]} at step ${step}${last}. To fix this, ${remedies.join(', or ')}.${kept}`;
}
