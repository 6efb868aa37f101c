/** Whether a question is cheap, so that others may wait for it, as far as that can be told before it is answered. */
import type { QuestionName, Questions } from '../schemas/index.ts';
import type { JobSpec } from '../vocabulary/index.ts';

/** Bytes of weights and of data: a network of a million parameters, or a data set of a million numbers. */
const CHEAP_BYTES = 4 * 1024 * 1024;
const BYTES_PER_WEIGHT = 4;
/** As JSON. */
const BYTES_PER_OUTPUT = 20;
/** Inputs of a network whose data set says nothing of them. */
const USUAL_INPUTS = 1000;
/** How deep the buffers of a question are. */
const DEPTH = 5;

export function isDear<K extends QuestionName>(type: K, question: Questions[K]['ask']): boolean {
  // The thread of the last confusion matrix knows it still, and is asked for its cells.
  if (type === 'confusion') return true;
  if (type === 'predict' && bytesOfOutputs(question as Questions['predict']['ask']) > CHEAP_BYTES) return true;
  const spec = type === 'assessRisk' ? (question as Questions['assessRisk']['ask']).spec : null;
  return bytesIn(question, DEPTH) + (spec ? bytesOfWeights(spec) : 0) > CHEAP_BYTES;
}

function bytesOfWeights({ model, dataset }: JobSpec): number {
  let [inputs, weights] = [dataset.features ?? dataset.inputs?.[0]?.length ?? USUAL_INPUTS, 0];
  for (const layer of model.layers) {
    if (layer.type !== 'dense') continue;
    weights += inputs * layer.units;
    inputs = layer.units;
  }
  return weights * BYTES_PER_WEIGHT;
}

/** Rows that come as text are many. */
function bytesOfOutputs({ inputs, rows, features, outputNames }: Questions['predict']['ask']): number {
  if (rows instanceof Uint8Array) return Infinity;
  const samples = rows ? rows.length : inputs.length / features;
  return samples * outputNames.length * BYTES_PER_OUTPUT;
}

/** Of buffers. Rows of numbers are counted by the first of them. */
function bytesIn(value: unknown, depth: number): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null || depth === 0) return 0;
  if (Array.isArray(value) && !ArrayBuffer.isView(value[0]))
    return value.length * (typeof value[0] === 'object' ? bytesIn(value[0], depth - 1) : BYTES_PER_WEIGHT);
  return Object.values(value).reduce<number>((sum, item) => sum + bytesIn(item, depth - 1), 0);
}
