/** Snapshots of neuron activity, as binary frames of the stream. */
import type { ActivationName } from './activations.ts';

/**
 * `fired`: share of the samples since the last snapshot with z > 0; `meanAbs`: mean of |output|; `gradient`: mean of
 * |dLoss/dz|.
 */
export const SNAPSHOT_FIELDS = ['fired', 'meanAbs', 'gradient'] as const;
export type SnapshotField = (typeof SNAPSHOT_FIELDS)[number];

export interface SnapshotLayer {
  name: string;
  units: number;
  activation: ActivationName;
}

export interface SnapshotHeader {
  seq: number;
  step: number;
  epoch: number;
  samples: number;
  layers: SnapshotLayer[];
  fields: readonly SnapshotField[];
}

/** `data` contains, for each layer in order and each field in order, float32[units]. */
export interface Snapshot {
  header: SnapshotHeader;
  data: Float32Array;
}

const MAGIC = 0x314d4c52; // "RLM1", little-endian

/**
 * One binary frame: magic, header length H, H bytes of JSON padded with spaces so that 8 + H is a multiple of 4, then
 * the float32 data.
 */
export function encodeSnapshot({ header, data }: Snapshot): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 4) * 4;
  const frame = new Uint8Array(8 + length + data.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, length, true);
  frame.fill(0x20, 8 + json.length, 8 + length);
  frame.set(json, 8);
  frame.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + length);
  return frame;
}

/**
 * Reads the frame at `offset`; `next` is where the following one starts. Throws a RangeError or SyntaxError on a
 * damaged frame.
 */
export function decodeSnapshot(bytes: Uint8Array, offset = 0): Snapshot & { next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(offset, true) !== MAGIC) throw new SyntaxError(`No RLM1 frame starts at byte ${offset}.`);
  const length = view.getUint32(offset + 4, true);
  const start = offset + 8 + length;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(offset + 8, start))) as SnapshotHeader;
  const count = countValues(header);
  if (count === null) throw new SyntaxError(`The header of the frame at byte ${offset} does not describe layers.`);
  if (start + count * 4 > bytes.byteLength) throw new RangeError(`The frame at byte ${offset} is cut short.`);
  // A copy, because numbers want their bytes aligned; `slice` would copy nothing of a Node Buffer.
  const data = new Float32Array(Uint8Array.from(bytes.subarray(start, start + count * 4)).buffer);
  return { header, data, next: start + count * 4 };
}

/** Null for a header that is none. */
function countValues(header: Partial<SnapshotHeader> | null): number | null {
  const { layers, fields } = header ?? {};
  if (!Array.isArray(layers) || !Array.isArray(fields)) return null;
  if (!layers.every((layer: SnapshotLayer | null) => isCount(layer?.units))) return null;
  return layers.reduce((sum, { units }) => sum + units, 0) * fields.length;
}

const isCount = (units: unknown): boolean => Number.isSafeInteger(units) && (units as number) >= 0;
