/**
 * The messages of a run's log: what its thread reports, what the store keeps, what a socket sends.
 * A thread's report has no `seq`; the recorder gives each one the run's next number.
 */
import type { EngineInfo, Failure, Progress, RunStatus, Summary } from './run.ts';
import type { ActivationName } from './job.ts';

export type EventLevel = 'info' | 'warning' | 'critical';

/** What happened in a run, in words; `code` is one of a closed list, `data` its numbers. */
export interface RunEvent {
  code: string;
  level: EventLevel;
  message: string;
  layer?: string;
  neuron?: number;
  data?: Record<string, unknown>;
}

export interface SnapshotLayer {
  name: string;
  units: number;
  activation: ActivationName;
}
export const SNAPSHOT_FIELDS = ['fired', 'meanAbs', 'gradient'] as const;
export type SnapshotField = (typeof SNAPSHOT_FIELDS)[number];

export interface SnapshotHeader {
  seq: number;
  step: number;
  epoch: number;
  samples: number;
  layers: SnapshotLayer[];
  fields: readonly SnapshotField[];
}

/** Columns: `values[key][i]` was measured at `steps[i]`; null where it was not measured or not finite. */
export interface MetricColumns {
  steps: number[];
  values: Record<string, (number | null)[]>;
}

/** Text frames of the stream, as JSON. */
export type StreamMessage = { seq: number; step: number; at: string; droppedSnapshots?: number } & (
  | {
      type: 'status';
      status: RunStatus;
      progress: Progress;
      summary: Summary;
      error: Failure | null;
      attempt: number;
      engine: EngineInfo | null;
    }
  | ({ type: 'metrics' } & MetricColumns)
  | { type: 'event'; event: RunEvent }
  | { type: 'checkpoint'; epoch: number; bytes: number }
);
export interface CaughtUp {
  type: 'caughtUp';
  seq: number;
  droppedSnapshots?: number;
}

/** `data` holds, for each layer in order, for each field in order, float32[units]. */
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
  if (view.getUint32(offset, true) !== MAGIC) throw new SyntaxError(`no RLM1 frame at byte ${offset}`);
  const length = view.getUint32(offset + 4, true);
  const start = offset + 8 + length;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(offset + 8, start))) as SnapshotHeader;
  const count = header.layers.reduce((sum, layer) => sum + layer.units, 0) * header.fields.length;
  if (start + count * 4 > bytes.byteLength) throw new RangeError(`the frame at byte ${offset} is cut short`);
  // A copy, because numbers want their bytes aligned; `slice` would copy nothing of a Node Buffer.
  const data = new Float32Array(Uint8Array.from(bytes.subarray(start, start + count * 4)).buffer);
  return { header, data, next: start + count * 4 };
}
