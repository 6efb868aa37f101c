/** The model of a run, opened from its checkpoint for exports and predictions. */
import { loadDataset } from '../datasets/load.ts';
import type { NetworkState, TrainingData } from '../engine/network.ts';
import { openNetwork } from '../engine/open-network.ts';
import { EXPORTS } from '../engine/export/index.ts';
import { outlineModel } from '../model/outline.ts';
import { unreadable, type ExportedModel, type Questions, type TrainedRun } from '../schemas/index.ts';
import { decodeCheckpoint, type Preprocessing } from '../training/checkpoint.ts';

export async function exportModel({ file, opset, ...run }: Questions['exportModel']['ask']): Promise<ExportedModel> {
  const { preprocessing, state } = openCheckpoint(run);
  const { task, featureCount, outputCount, normalization, targetNormalization } = preprocessing;
  const outline = outlineModel(run.spec.model, [featureCount], outputCount);
  return EXPORTS[file]({ task, outline, state, normalization, targetNormalization }, { opset });
}

/** Throws a RangeError if `inputs` are not whole rows. */
export async function predict({
  inputs,
  ...run
}: Questions['predict']['ask']): Promise<Questions['predict']['answer']> {
  const { engine, model, training } = run.spec;
  const { preprocessing, state } = openCheckpoint(run);
  const network = await openNetwork(engine, model, training, oneRow(preprocessing), { state });
  try {
    return { step: state.step, outputs: await network.predict(inputs) };
  } finally {
    await network.close();
  }
}

function openCheckpoint({ checkpoint, data }: TrainedRun): { preprocessing: Preprocessing; state: NetworkState } {
  const { preprocessing, network: state } = decodeCheckpoint(checkpoint);
  if (preprocessing) return { preprocessing, state };
  if (data === null) throw unreadable('it has no normalisation, and there is no data set to fit one on');
  return { preprocessing: loadDataset(data.spec, data.stored).data, state };
}

/** A network opens on training data. Predictions read none of it, so one empty row stands for all. */
function oneRow(preprocessing: Preprocessing): TrainingData {
  const { task, featureCount, outputCount } = preprocessing;
  return {
    ...preprocessing,
    sampleCount: 1,
    inputs: new Float32Array(featureCount),
    targets: task === 'classification' ? new Int32Array(1) : new Float32Array(outputCount),
    classWeights: null,
  };
}
