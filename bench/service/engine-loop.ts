/**
 * The engine's loop alone, in a process of its own that takes one order after another: the same network, the same batches in the same order,
 * chunks cut by the same rule, the same validation after every epoch; no thread, no store, no telemetry. Verdicts only where they are ordered.
 */
import { loadDataset } from '../../src/datasets/load.ts';
import { openNetwork } from '../../src/engine/engines.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { openNetworkOn } from '../../src/engine/network.ts';
import type { JobSpec } from '../../src/schemas/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { Pace } from '../../src/training/pace.ts';
import { evaluate } from '../../src/training/passes.ts';
import { TrainingPlan } from '../../src/training/plan.ts';
import { Verdicts } from '../../src/training/verdicts.ts';
import { withoutCounters } from '../engine/without-counters.ts';

export interface LoopOrder { spec: JobSpec; counters: boolean; verdicts: boolean }
export interface LoopTimes {
  /** Reading the data and opening the network. */
  openMs: number;
  /** From the first chunk to the end: training, validation, verdicts. */
  loopMs: number;
  trainMs: number;
  /** Processor time, which depends less on what else the machine does: of everything, of the training steps, and of the verdicts. */
  allCpuMs: number;
  trainCpuMs: number;
  verdictCpuMs: number;
}

process.on('message', (order: LoopOrder) => {
  void run(order).then((times) => process.send!(times));
});

async function run({ spec, counters, verdicts: judges }: LoopOrder): Promise<LoopTimes> {
  const openedAt = performance.now(), openedCpuMs = cpuMs();
  const dataset = loadDataset(spec.dataset, null);
  const network = counters
    ? await openNetwork('onnx', spec.model, spec.training, dataset.data)
    : await openNetworkOn(withoutCounters(new OnnxExecutor()), spec.model, spec.training, dataset.data);
  const plan = new TrainingPlan(spec.training, dataset.trainIndices);
  const { learningRate } = spec.training.optimizer;
  const mailbox = new Mailbox(), pace = new Pace();
  let trainMs = 0, trainCpuMs = 0, verdictCpuMs = 0;

  const startedAt = performance.now(), startedCpuMs = cpuMs();
  const verdicts = judges ? new Verdicts(network, spec, dataset, mailbox, null) : null;
  verdictCpuMs += cpuMs() - startedCpuMs;
  const judge = async (step: number): Promise<void> => {
    const judgedCpuMs = cpuMs();
    await verdicts?.take(step, trainMs);
    verdictCpuMs += cpuMs() - judgedCpuMs;
  };
  await judge(0);
  for (let step = 0; step < plan.steps;) {
    const chunk = plan.chunkAt(step, pace.steps);
    const learningRates = new Float64Array(chunk.steps).fill(learningRate);
    const chunkAt = performance.now(), chunkCpuMs = cpuMs();
    const result = await network.train({ indices: chunk.indices, batchSize: chunk.batchSize, learningRates });
    const chunkMs = performance.now() - chunkAt;
    trainMs += chunkMs;
    trainCpuMs += cpuMs() - chunkCpuMs;
    if (chunk.batchSize === spec.training.batchSize) pace.measured(chunk.steps, chunkMs);
    verdicts?.watch(step, learningRates, result);
    step += chunk.steps;
    if (step % plan.stepsPerEpoch !== 0) continue;
    await evaluate(network, dataset.validationIndices, mailbox);
    await judge(step);
  }
  const loopMs = performance.now() - startedAt;
  await network.close();
  return { openMs: startedAt - openedAt, loopMs, trainMs, trainCpuMs, verdictCpuMs, allCpuMs: cpuMs() - openedCpuMs };
}

/** Of the whole process, with what V8 does beside the loop. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
