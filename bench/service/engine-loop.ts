/**
 * The engine's loop alone, in a separate process that takes one order after another: the same network, the same batches
 * in the same order, chunks of the same lengths and the same validation after every epoch, but no thread, store,
 * telemetry or verdicts.
 */
import { loadDataset } from '../../src/datasets/load.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { Pace } from '../../src/training/pace.ts';
import { evaluate } from '../../src/training/watching/passes.ts';
import { TrainingPlan } from '../../src/training/plan.ts';

export interface LoopTimes {
  /** Reading the data and opening the network. */
  openMs: number;
  /** From the first chunk to the end: training and validation. */
  loopMs: number;
  trainMs: number;
  /** CPU time, which depends less on other load than wall time does. */
  allCpuMs: number;
}

process.on('message', (spec: JobSpec) => {
  void run(spec).then((times) => process.send!(times));
});

async function run(spec: JobSpec): Promise<LoopTimes> {
  const openedAt = performance.now(),
    openedCpuMs = cpuMs();
  const dataset = loadDataset(spec.dataset, null);
  const network = await openNetwork(spec.engine, spec.model, spec.training, dataset.data);
  const plan = new TrainingPlan(spec.training, dataset.trainIndices);
  const { learningRate } = spec.training.optimizer;
  const mailbox = new Mailbox(),
    pace = new Pace();
  let trainMs = 0;

  const startedAt = performance.now();
  for (let step = 0; step < plan.steps;) {
    const chunk = plan.chunkAt(step, pace.steps);
    const learningRates = new Float64Array(chunk.steps).fill(learningRate);
    const chunkAt = performance.now();
    await network.train({ indices: chunk.indices, batchSize: chunk.batchSize, learningRates });
    const chunkMs = performance.now() - chunkAt;
    trainMs += chunkMs;
    if (chunk.batchSize === spec.training.batchSize) pace.measured(chunk.steps, chunkMs);
    step += chunk.steps;
    if (step % plan.stepsPerEpoch === 0) await evaluate(network, dataset.validationIndices, mailbox);
  }
  const loopMs = performance.now() - startedAt;
  await network.close();
  return { openMs: startedAt - openedAt, loopMs, trainMs, allCpuMs: cpuMs() - openedCpuMs };
}

/** CPU time of the whole process, including V8's own threads. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
