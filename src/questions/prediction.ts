/** Predictions with the model of a run, with names, as the service answers them. */
import type { Questions } from '../schemas/index.ts';
import type { Prediction, Task } from '../vocabulary/index.ts';
import { predict } from './trained-model.ts';

/** Throws as `predict`. */
export async function writePrediction({
  task,
  outputNames,
  features: _features,
  ...ask
}: Questions['predict']['ask']): Promise<Questions['predict']['answer']> {
  const { step, outputs } = await predict(ask);
  const prediction: Prediction = { object: 'prediction', step, ...namePredictions(task, outputNames, outputs) };
  return { json: Buffer.from(JSON.stringify(prediction)) };
}

/** A probability from which on a sample has a label. */
const LABEL_FROM = 0.5;

function namePredictions(task: Task, outputNames: string[], values: Float32Array) {
  const width = outputNames.length;
  const outputs = Array.from({ length: values.length / width }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width)),
  );
  switch (task) {
    case 'regression':
      return { outputs, outputNames };
    case 'classification':
      return { outputs, outputNames, classes: outputNames, labels: outputs.map((row) => outputNames[greatest(row)]!) };
    case 'multilabel': {
      const labels = outputs.map((row) => outputNames.filter((_, index) => row[index]! >= LABEL_FROM));
      return { outputs, outputNames, classes: outputNames, labels };
    }
  }
}

/** The first one of several that are equal; 0 where none is a number. */
const greatest = (row: readonly number[]): number => Math.max(0, row.indexOf(Math.max(...row)));
