/** Blobs as the rows and weights that they were made of. */
import { inflateRawSync } from 'node:zlib';
import type { Blob, PackedDataset, PackedList, RowsBlob, WeightsBlob } from '../schemas/index.ts';
import { listsOf } from '../schemas/blob.ts';
import type { InitialWeights, ModelSpec, NormalizationWeights } from '../vocabulary/index.ts';
import { aligned, bytesOf, countOf, viewOf, type Numbers } from './numbers.ts';

/** As float32, which all training is done in. */
export function unpackRows(blob: RowsBlob): PackedDataset {
  const { task, samples, features, outputs } = blob.content;
  const [inputs, targets] = unpack(blob);
  return { task, samples, features, outputs, inputs: asFloat32(inputs!), targets: asFloat32(targets!) };
}

export function unpackWeights(blob: WeightsBlob): Omit<InitialWeights, 'alphas'> {
  const { kernels, biases, normalizations } = blob.content.lists;
  const values = unpack(blob)[Symbol.iterator]();
  const next = (): Numbers => values.next().value!;
  return {
    kernels: kernels.map((list) => asRows(list, next())),
    ...(biases && { biases: biases.map(() => Array.from(next())) }),
    ...(normalizations && {
      normalizations: normalizations.map(
        (layer) =>
          Object.fromEntries(Object.keys(layer).map((name) => [name, Array.from(next())])) as Record<string, number[]> &
            NormalizationWeights,
      ),
    }),
  };
}

/** The model with the weights that it names by their hash, which are `blob`. Any other model is returned as it is. */
export function withWeights(model: ModelSpec, blob: WeightsBlob | null): ModelSpec {
  const { initialWeights } = model;
  if (!initialWeights || 'kernels' in initialWeights || blob === null) return model;
  const { alphas } = initialWeights;
  return { ...model, initialWeights: { ...unpackWeights(blob), ...(alphas && { alphas }) } };
}

/** The numbers of each list. Throws a RangeError if the parts do not hold all of them. */
function unpack({ content, parts }: Blob): Numbers[] {
  const lists = listsOf(content);
  const bytes = new Uint8Array(lists.reduce((sum, list) => sum + aligned(bytesOf(list)), 0));
  let filled = 0;
  for (const part of parts) {
    const piece = inflateRawSync(part);
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled !== bytes.length) throw new RangeError('The numbers that came with this job are not complete.');
  let offset = 0;
  return lists.map((list) => {
    const values = viewOf(list.numbers, bytes.buffer, offset, countOf(list));
    offset += aligned(bytesOf(list));
    return values;
  });
}

const asFloat32 = (values: Numbers): Float32Array =>
  values instanceof Float32Array ? values : new Float32Array(values);

const asRows = ({ shape: [rows, columns = 0] }: PackedList, values: Numbers): number[][] =>
  Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * columns, (row + 1) * columns)));
