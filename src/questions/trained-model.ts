/** The model of a run, opened from a checkpoint: to take it away, or to ask it. */
import { loadDataset } from '../datasets/load.ts';
import type { TrainingData } from '../engine/network.ts';
import { openNetwork } from '../engine/open-network.ts';
import { EXPORTS } from '../engine/export/index.ts';
import { outlineModel } from '../model/outline.ts';
import type { ExportedModel, Questions, TrainedRun } from '../schemas/index.ts';
import { decodeCheckpoint } from '../training/checkpoint.ts';

export async function exportModel({ file, ...run }: Questions['exportModel']['ask']): Promise<ExportedModel> {
  const data = describeData(run);
  const plan = outlineModel(run.spec.model, [data.featureCount], data.outputCount);
  return EXPORTS[file]({
    task: data.task,
    plan,
    state: decodeCheckpoint(run.checkpoint).network,
    normalization: data.normalization,
  });
}

/** Throws a RangeError where `inputs` are no whole rows. */
export async function predict({
  inputs,
  ...run
}: Questions['predict']['ask']): Promise<Questions['predict']['answer']> {
  const { spec } = run;
  const data = describeData(run);
  if (inputs.length % data.featureCount !== 0)
    throw new RangeError(`the model takes rows of ${data.featureCount} numbers`);
  const { network: state } = decodeCheckpoint(run.checkpoint);
  const network = await openNetwork(spec.engine, spec.model, spec.training, data);
  try {
    network.writeState(state);
    return { step: state.step, outputs: await network.predict(inputs) };
  } finally {
    await network.close();
  }
}

/** One row is enough to open a network; what else is there is the shape, and the normalisation that was fitted. */
function describeData({ spec, dataset }: TrainedRun): TrainingData {
  const { data } = loadDataset(spec.dataset, dataset);
  const columns = data.targets.length / data.sampleCount;
  return {
    ...data,
    sampleCount: 1,
    inputs: data.inputs.slice(0, data.featureCount),
    targets: data.targets.slice(0, columns),
  };
}
