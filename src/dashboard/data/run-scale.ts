import type { RunScale } from '../charts/x-axis.ts';
import type { RunFeed } from './run-feed.ts';
import type { Run } from '../../vocabulary/index.ts';

/** What this run's steps are in epochs, samples and seconds, as far as is known now. */
export function scaleOf(feed: RunFeed, run: Run): RunScale {
  const { batchSize } = run.spec.training;
  const stepsPerEpoch = Math.max(1, run.progress.steps / Math.max(1, run.progress.epochs));
  // A verdict on all training samples says how many there are; with fewer, every batch is counted as a full one.
  const judged = feed.neurons.value?.samples ?? 0;
  const samplesPerEpoch = Math.ceil(judged / batchSize) === stepsPerEpoch ? judged : stepsPerEpoch * batchSize;
  return {
    stepsPerEpoch,
    batchSize,
    samplesPerEpoch,
    startedAt: run.startedAt === null ? null : Date.parse(run.startedAt),
    times: feed.curves.times,
  };
}
