/** The model of a run as it is stored, ready for the question thread. */
import { RelumineError } from '../errors.ts';
import { shapeOf, storedShape } from '../jobs/index.ts';
import { readCheckpointHeader, type TrainedRun } from '../schemas/index.ts';
import type { CheckpointSelector, Run, Task } from '../vocabulary/index.ts';
import { dataOf, needsData } from '../store/job-data.ts';
import type { Store } from '../store/store.ts';

export interface OpenedModel {
  /** Of its checkpoint. */
  step: number;
  trained: TrainedRun;
  task: Task;
  features: number;
  /** One per output. */
  outputNames: string[];
}
type Stores = Pick<Store, 'checkpoints' | 'datasets' | 'blobs'>;

/** A checkpoint is chosen by its name or its step. Throws MODEL_NOT_READY, CHECKPOINT_NOT_FOUND or DATASET_NOT_FOUND. */
export const modelOpener =
  (store: Stores) =>
  async (run: Run, choice: CheckpointSelector = 'final'): Promise<OpenedModel> => {
    const { engine, model, training, dataset } = run.spec;
    const spec = { engine, model, training };
    const { state, step } = await findCheckpoint(store, run, choice);
    const { preprocessing } = readCheckpointHeader(state);
    if (preprocessing) {
      const { task, inputs, outputs, preparation } = preprocessing;
      return {
        step,
        trained: { spec, checkpoint: state, data: null },
        task,
        features: inputs.columns,
        outputNames: preparation?.outputs ?? numbered(outputs.columns),
      };
    }
    // Written by an earlier release, so the normalisation must be fitted to the data set again.
    const stored = await dataOf(store, { dataset });
    if (needsData(dataset) && !stored)
      throw new RelumineError(
        'DATASET_NOT_FOUND',
        "This run's data set was deleted. Its checkpoint was written by an earlier release, which did not store the normalisation of the inputs, so the model cannot be used.",
      );
    const { task, features, outputs } = shapeOf(dataset, stored && storedShape(stored));
    const trained = { spec, checkpoint: state, data: { spec: dataset, stored } };
    return { step, trained, task, features, outputNames: numbered(outputs) };
  };

/** Of a checkpoint without names. */
const numbered = (outputs: number): string[] => Array.from({ length: outputs }, (_, index) => String(index));

async function findCheckpoint({ checkpoints }: Stores, { id, summary }: Run, choice: CheckpointSelector) {
  if (typeof choice === 'number') {
    const found = await checkpoints.at(id, choice);
    if (found) return found;
    const kept = (await checkpoints.list(id)).map(({ step }) => step);
    if (kept.length > 0)
      throw new RelumineError(
        'CHECKPOINT_NOT_FOUND',
        `There is no checkpoint at step ${choice}. Those that are kept are of ${stepsInWords(kept)}.`,
      );
  }
  const checkpoint = await (choice === 'best' ? checkpoints.best(id) : checkpoints.latest(id));
  if (checkpoint) return checkpoint;
  if (choice !== 'best')
    throw new RelumineError('MODEL_NOT_READY', 'This run has no checkpoint yet, so there is no model.');
  throw new RelumineError(
    'CHECKPOINT_NOT_FOUND',
    summary.bestStep === undefined
      ? 'This run has no best checkpoint. One is kept where there is a validation part or training.stopping, once an epoch has ended.'
      : `The best checkpoint so far, of step ${summary.bestStep}, is not stored yet. It is stored with the next checkpoint: every telemetry.checkpointEverySeconds, and at the end.`,
  );
}

/** `step 20`, `step 10 and 20`, `steps 10, 20 and 30`. */
function stepsInWords(steps: readonly number[]): string {
  const [last, ...others] = steps.toReversed();
  const list = others.length === 0 ? `${last}` : `${others.toReversed().join(', ')} and ${last}`;
  return `${steps.length > 2 ? 'steps' : 'step'} ${list}`;
}
