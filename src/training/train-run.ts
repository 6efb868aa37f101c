/** Opens what a run needs, trains it, frees everything, and says how it ended. */
import { loadDataset } from '../datasets/load.ts';
import type { Network } from '../engine/network.ts';
import { RunFailure } from '../errors.ts';
import type { Failure, Progress, RunOutcome, StartOrder } from '../schemas/index.ts';
import { TrainingPlan } from './plan.ts';
import { TrainingRun, type RunTools } from './run.ts';

/**
 * The last report is always `finished`, and by then everything is freed. Takes the rows of the data set out of the
 * order. Never rejects.
 */
export async function trainRun(order: StartOrder, tools: RunTools): Promise<void> {
  let network: Network | null = null;
  let run: TrainingRun | null = null;
  let progress: Progress = { epoch: 0, epochs: order.spec.training.epochs, step: 0, steps: 0 };
  let ending: RunOutcome;
  try {
    const dataset = loadDataset(order.spec.dataset, order.dataset);
    dropRows(order);
    progress = new TrainingPlan(order.spec.training, dataset.trainIndices).progressAt(0);
    network = await tools.openNetwork(order.spec, dataset.data);
    run = new TrainingRun(order, tools, dataset, network);
    ending = { outcome: await run.train() };
  } catch (error) {
    ending = { outcome: 'failed', error: toFailure(error) };
  }
  try {
    await network?.close();
  } catch (error) {
    // The run itself is not touched by it, but whoever looks for a leak should know.
    console.error('a network could not be closed:', error);
  }
  tools.report({ type: 'finished', progress: run?.progress ?? progress, summary: run?.summary ?? {}, ...ending });
}

/** The network holds its own copy, or the very arrays: a second reference would keep rows that a limit left out. */
function dropRows(order: StartOrder): void {
  const { inputs: _inputs, targets: _targets, ...dataset } = order.spec.dataset;
  order.spec = { ...order.spec, dataset };
  order.dataset = null;
}

function toFailure(error: unknown): Failure {
  if (error instanceof RunFailure) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  // V8 and WebAssembly both say a failed allocation with a RangeError.
  if (error instanceof RangeError && /alloc|memory|array length/i.test(message)) {
    return {
      code: 'OUT_OF_MEMORY',
      message: `There is not enough memory for this run (${message}): set dataset.limit, lower training.batchSize, or use smaller layers.`,
    };
  }
  console.error('a run failed unexpectedly:', error);
  return { code: 'INTERNAL_ERROR', message: `The run failed unexpectedly: ${message}` };
}
