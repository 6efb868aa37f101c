/** The model of a run, opened from its checkpoint for exports and predictions. */
import { keepWeights } from '../blobs/keep-apart.ts';
import { loadDataset } from '../datasets/load.ts';
import { prepareRows } from '../datasets/preparation/prepare-rows.ts';
import type { NetworkState, TrainingData } from '../engine/network.ts';
import { openNetwork } from '../engine/open-network.ts';
import { EXPORTS, modelAsWeights, numbers, type TrainedModel } from '../engine/export/index.ts';
import { RelumineError } from '../errors.ts';
import { outlineModel } from '../model/outline.ts';
import {
  unreadable,
  type ExportedModel,
  type PredictionRows,
  type Questions,
  type TrainedRun,
} from '../schemas/index.ts';
import { decodeCheckpoint, type Preprocessing } from '../training/checkpoint.ts';
import { LIMITS } from '../vocabulary/index.ts';

export async function exportModel({ file, opset, ...run }: Questions['exportModel']['ask']): Promise<ExportedModel> {
  return EXPORTS[file](modelOf(run), { opset });
}

export async function takeWeights(run: Questions['takeWeights']['ask']): Promise<Questions['takeWeights']['answer']> {
  const model = modelOf(run);
  // Those that stay in the job are written as in exports; those that are kept apart stay float32.
  const isShort = model.state.parameters.length <= LIMITS.valuesInJob;
  const weights = modelAsWeights(model, isShort ? numbers : (values) => Array.from(values));
  return weights && keepWeights(weights);
}

function modelOf(run: TrainedRun): TrainedModel {
  const { preprocessing, state } = openCheckpoint(run);
  const { featureCount, outputCount } = preprocessing;
  return { ...preprocessing, outline: outlineModel(run.spec.model, [featureCount], outputCount), state };
}

/** Outputs [n, outputs]. Throws a RangeError if `inputs` are not whole rows, and INVALID_REQUEST if named `rows` do not fit the columns. */
export async function predict({
  inputs,
  rows: sent,
  ...run
}: TrainedRun & PredictionRows): Promise<{ step: number; outputs: Float32Array }> {
  const { engine, model, training } = run.spec;
  const rows = sent instanceof Uint8Array ? (JSON.parse(Buffer.from(sent).toString()) as unknown[]) : sent;
  const { preprocessing, state } = openCheckpoint(run);
  const { preparation } = preprocessing;
  if (rows && preparation === null)
    throw new RelumineError(
      'INVALID_REQUEST',
      'The checkpoint of this run was written by an earlier release, which kept no names of columns. Send inputs.',
      { details: [{ path: 'rows', message: 'needs a model that knows the names of its columns', expected: 'inputs' }] },
    );
  const prepared = rows && preparation ? prepareRows(preparation, rows) : inputs;
  const network = await openNetwork(engine, model, training, oneRow(preprocessing), { state });
  try {
    return { step: state.step, outputs: await network.predict(prepared ?? new Float32Array()) };
  } finally {
    await network.close();
  }
}

export function openCheckpoint({ checkpoint, data }: TrainedRun): {
  preprocessing: Preprocessing;
  state: NetworkState;
} {
  const { preprocessing, network: state } = decodeCheckpoint(checkpoint);
  if (preprocessing) return { preprocessing, state };
  if (data === null) throw unreadable('it has no normalisation, and there is no data set to fit one on');
  const { data: fitted } = loadDataset(data.spec, data.stored);
  return { preprocessing: { ...fitted, preparation: null }, state };
}

/** A network opens on training data. Predictions read none of it, so one empty row stands for all. */
export function oneRow(preprocessing: Preprocessing): TrainingData {
  const { preparation: _names, ...fitted } = preprocessing;
  const { task, featureCount, outputCount } = fitted;
  return {
    ...fitted,
    sampleCount: 1,
    inputs: new Float32Array(featureCount),
    targets: task === 'classification' ? new Int32Array(1) : new Float32Array(outputCount),
    classWeights: null,
  };
}
