/** Opens what a run needs, trains it, frees everything, and reports how it ended. */
import { withWeights } from '../blobs/unpack.ts';
import { loadDataset, type LoadedDataset } from '../datasets/load.ts';
import type { Network } from '../engine/network.ts';
import { RunFailure } from '../errors.ts';
import type { RunOutcome, StartOrder } from '../schemas/index.ts';
import { unreadable } from '../schemas/checkpoint.ts';
import type { Failure, Progress } from '../vocabulary/index.ts';
import { decodeCheckpoint, type ReadCheckpoint } from './checkpoint.ts';
import { TrainingPlan } from './plan.ts';
import { TrainingRun, type RunTools } from './run.ts';

/**
 * The last report is always `finished`, and by then everything is freed. Takes the rows of the data set and the
 * checkpoint out of the order. Never rejects.
 */
export async function trainRun(order: StartOrder, tools: RunTools): Promise<void> {
  let network: Network | null = null;
  let run: TrainingRun | null = null;
  let progress: Progress = { epoch: 0, epochs: order.spec.training.epochs, step: 0, steps: 0 };
  let ending: RunOutcome;
  try {
    let checkpoint = order.checkpoint && decodeCheckpoint(order.checkpoint);
    const best = order.best ? decodeCheckpoint(order.best).network : null;
    const { training } = order.spec;
    const loaded = loadDataset(order.spec.dataset, order.dataset, training.classWeights);
    const dataset = prepareData(loaded, checkpoint);
    const model = withWeights(order.spec.model, order.weights ?? null);
    dropData(order);
    const plan = new TrainingPlan(training, dataset.trainIndices);
    const loop = checkpoint?.loop ?? null,
      judged = checkpoint?.judged ?? null;
    progress = plan.progressAt(checkpoint?.network.step ?? 0);
    network = await tools.openNetwork({ ...order.spec, model }, dataset.data, checkpoint?.network ?? null, {
      threads: loop && (loop.threads ?? 1),
      idle: order.idleCores ?? 0,
    });
    checkpoint = null; // The network has its own copy of the state.
    run = new TrainingRun(order, tools, { dataset, plan, network, step: progress.step, loop, judged, best });
    ending = { outcome: await run.train() };
  } catch (error) {
    ending = { outcome: 'failed', error: toFailure(error) };
  }
  try {
    await network?.close();
  } catch (error) {
    // The run's outcome stands; the log shows where memory may have leaked.
    console.error('A network could not be closed:', error);
  }
  const end = run ?? { progress, summary: {}, evaluation: null };
  tools.report({
    type: 'finished',
    progress: end.progress,
    summary: end.summary,
    evaluation: end.evaluation,
    ...ending,
  });
}

/**
 * The data as the checkpoint's network was trained on it: its normalisations are kept and not fitted again. A checkpoint
 * in the old format has none, and the fit on the same data set gives the same numbers.
 */
function prepareData(loaded: LoadedDataset, checkpoint: ReadCheckpoint | null): LoadedDataset {
  if (!checkpoint?.preprocessing) return loaded;
  const { task, featureCount, outputCount, normalization, targetNormalization, preparation } = checkpoint.preprocessing;
  const { data } = loaded;
  if (task !== data.task || featureCount !== data.featureCount || outputCount !== data.outputCount)
    throw unreadable(
      `it is for ${task} with ${featureCount} features and ${outputCount} outputs, and the data set is for ${data.task} with ${data.featureCount} and ${data.outputCount}`,
    );
  return {
    ...loaded,
    data: { ...data, normalization, targetNormalization },
    preparation: preparation ?? loaded.preparation,
  };
}

/** The network holds its own copy, or the same arrays: a second reference would keep rows that a limit left out. */
function dropData(order: StartOrder): void {
  const { inputs: _inputs, targets: _targets, ...dataset } = order.spec.dataset;
  order.spec = { ...order.spec, dataset };
  order.dataset = null;
  order.weights = null;
  order.checkpoint = null;
  order.best = null;
}

function toFailure(error: unknown): Failure {
  if (error instanceof RunFailure) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  // V8 and WebAssembly both throw a RangeError where an allocation fails.
  if (error instanceof RangeError && /alloc|memory|array length/i.test(message)) {
    return {
      code: 'OUT_OF_MEMORY',
      message: `Not enough memory for this run (${message}). Set dataset.limit, lower training.batchSize, or use smaller layers.`,
    };
  }
  console.error('A run failed unexpectedly:', error);
  return { code: 'INTERNAL_ERROR', message: `The run failed unexpectedly: ${message}` };
}
