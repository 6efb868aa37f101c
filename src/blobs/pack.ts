/** Rows and weights of jobs as blobs. */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Blob, BlobContent, PackedList, RowsBlob, WeightsBlob } from '../schemas/index.ts';
import type { InitialWeights, InlineData, NormalizationWeights } from '../vocabulary/index.ts';
import { ALIGNMENT, packNumbers, type Numbers } from './numbers.ts';

/** Of one part before it is deflated: little enough to be inflated between two requests. */
export const PART_BYTES = 1024 * 1024;

/** `data` are valid; `outputs` as `shapeOfInline` says. */
export function packRows({ inputs, targets, task }: InlineData, outputs: number): RowsBlob {
  const lists = new Lists();
  const content = {
    kind: 'rows',
    task,
    samples: inputs.length,
    features: inputs[0]?.length ?? 0,
    outputs,
    lists: {
      inputs: lists.addRows(inputs),
      targets: isRows(targets) ? lists.addRows(targets) : lists.addRow(targets),
    },
  } as const;
  return lists.blob(content);
}

/** Every list of `weights` has rows of equal length. Slopes of activations are left out. */
export function packWeights({ kernels, biases, normalizations }: InitialWeights): WeightsBlob {
  const lists = new Lists();
  const packed = {
    kernels: kernels.map((kernel) => lists.addRows(kernel)),
    ...(biases && { biases: biases.map((bias) => lists.addRow(bias)) }),
    ...(normalizations && { normalizations: normalizations.map((layer) => packLayer(layer, lists)) }),
  };
  return lists.blob({ kind: 'weights', values: lists.count, lists: packed });
}

const packLayer = (layer: NormalizationWeights, lists: Lists): Record<string, PackedList> =>
  Object.fromEntries(Object.entries(layer).map(([name, values]: [string, number[]]) => [name, lists.addRow(values)]));

const isRows = (list: number[] | number[][]): list is number[][] => Array.isArray(list[0]);

class Lists {
  readonly #values: Numbers[] = [];
  count = 0;

  addRow(values: readonly number[]): PackedList {
    return { numbers: this.#add([values]), shape: [values.length] };
  }

  addRows(rows: readonly (readonly number[])[]): PackedList {
    return { numbers: this.#add(rows), shape: [rows.length, rows[0]?.length ?? 0] };
  }

  #add(rows: readonly (readonly number[])[]): PackedList['numbers'] {
    const { numbers, values } = packNumbers(rows);
    this.#values.push(values);
    this.count += values.length;
    return numbers;
  }

  blob<Content extends BlobContent>(content: Content): Blob<Content> {
    const hash = createHash('sha256').update(JSON.stringify(content));
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (const part of cut(this.#values)) {
      hash.update(part);
      parts.push(wholeBuffer(deflateRawSync(part, { level: 1 })));
    }
    return { hash: `sha256:${hash.digest('hex')}`, content, parts };
  }
}

/** The bytes of all lists in parts. A part is valid until the next one is asked for. */
function* cut(lists: readonly Numbers[]): Generator<Uint8Array> {
  const part = new Uint8Array(PART_BYTES);
  let filled = 0;
  for (const { buffer, byteOffset, byteLength } of lists) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let from = 0; from < byteLength;) {
      const piece = bytes.subarray(from, from + PART_BYTES - filled);
      part.set(piece, filled);
      from += piece.length;
      filled += piece.length;
      if (filled < PART_BYTES) continue;
      yield part;
      filled = 0;
    }
    const padding = (ALIGNMENT - (byteLength % ALIGNMENT)) % ALIGNMENT;
    // Parts are whole multiples of the alignment, so it fits.
    part.fill(0, filled, filled + padding);
    filled += padding;
    if (filled < PART_BYTES) continue;
    yield part;
    filled = 0;
  }
  if (filled > 0) yield part.subarray(0, filled);
}

/** In memory of its own, which can be given to another thread. */
function wholeBuffer(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
