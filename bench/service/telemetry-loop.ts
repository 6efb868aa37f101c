/**
 * Trains a job with neuron counters and without them, chunk by chunk in turns, with verdicts on the first of the two.
 * Runs in a separate process that takes one order after another, without thread, store or validation.
 */
import { loadDataset } from '../../src/datasets/load.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import { EXECUTORS } from '../../src/engine/executors/registry.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { Pace } from '../../src/training/pace.ts';
import { TrainingPlan } from '../../src/training/plan.ts';
import { Verdicts } from '../../src/training/watching/verdicts.ts';
import { withoutCounters } from '../engine/without-counters.ts';

/**
 * CPU time of the whole process, including V8's own threads. `ratios`: time with counters over time without, for each
 * chunk. `shares`: of each verdict after an epoch, the last one of the run left out, in the training time of an epoch without
 * counters; `lastMs` is the last one.
 */
export interface TelemetryTimes {
  countedMs: number;
  plainMs: number;
  verdictsMs: number;
  lastMs: number;
  ratios: number[];
  shares: number[];
}
type Part = 'countedMs' | 'plainMs' | 'verdictsMs';

process.on('message', (spec: JobSpec) => {
  void run(spec).then((times) => process.send!(times));
});

async function run(spec: JobSpec): Promise<TelemetryTimes> {
  const dataset = loadDataset(spec.dataset, null);
  const counted = await openNetwork(spec.engine, spec.model, spec.training, dataset.data);
  const executor = withoutCounters(EXECUTORS[counted.engine.name]);
  const plain = await openNetworkOn(executor, spec.model, spec.training, dataset.data);
  const plan = new TrainingPlan(spec.training, dataset.trainIndices);
  const pace = new Pace();
  const verdictsAfterEpochs: number[] = [];
  const times: TelemetryTimes = { countedMs: 0, plainMs: 0, verdictsMs: 0, lastMs: 0, ratios: [], shares: [] };
  const timed = async <T>(part: Part, work: () => T | Promise<T>): Promise<T> => {
    const startedAt = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(startedAt);
    times[part] += (user + system) / 1000;
    return result;
  };

  const verdicts = await timed('verdictsMs', () => new Verdicts(counted, spec, dataset, new Mailbox()));
  await timed('verdictsMs', () => verdicts.take(0, false));
  for (let step = 0, turn = 0; step < plan.steps; turn++) {
    const { steps, indices, batchSize } = plan.chunkAt(step, Math.min(pace.steps, verdicts.mostSteps(step)));
    const learningRates = new Float64Array(steps).fill(spec.training.optimizer.learningRate);
    const startedAt = performance.now(),
      before = { ...times };
    const trainPlain = () => timed('plainMs', () => plain.train({ indices, batchSize, learningRates }));
    if (turn % 2 === 0) await trainPlain();
    const result = await timed('countedMs', () => counted.train({ indices, batchSize, learningRates }));
    if (turn % 2 === 1) await trainPlain();
    times.ratios.push((times.countedMs - before.countedMs) / (times.plainMs - before.plainMs));
    if (batchSize === spec.training.batchSize && steps > 1) pace.measured(2 * steps, performance.now() - startedAt);
    verdicts.watch(step, learningRates, result);
    step += steps;
    const isLast = step === plan.steps;
    if (!verdicts.isDue(step, isLast)) continue;
    const spent = times.verdictsMs;
    await timed('verdictsMs', () => verdicts.take(step, isLast));
    if (isLast) times.lastMs = times.verdictsMs - spent;
    else verdictsAfterEpochs.push(times.verdictsMs - spent);
  }
  const epochMs = times.plainMs / spec.training.epochs;
  times.shares = verdictsAfterEpochs.map((ms) => ms / epochMs);
  await Promise.all([counted.close(), plain.close()]);
  return times;
}
