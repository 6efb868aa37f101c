/**
 * A checkpoint: everything that a resumed run needs to go on bit for bit.
 *
 *     bytes 0-3    "RLC1"
 *     bytes 4-7    uint32, little-endian: CRC-32 of all that follows
 *     bytes 8-11   uint32: length H of the header
 *     H bytes      UTF-8 JSON, padded with spaces so that 12 + H is a multiple of 4
 *     then         float32: parameters, optimizer slots, statistics; their lengths are in the header
 */
import { crc32 } from 'node:zlib';
import type { NetworkState } from '../engine/network.ts';
import type { SchedulerState } from '../engine/math/schedules.ts';
import { RunFailure } from '../errors.ts';
import type { Summary } from '../schemas/index.ts';
import type { WindowState } from './metric-windows.ts';

/** What the loop itself carries from step to step; plain JSON. */
export interface LoopState {
  /** Epochs whose end was dealt with: validated, and told to the scheduler. */
  epochsEnded: number;
  scheduler: SchedulerState;
  window: WindowState;
  /** Sum of loss times batch size, and samples, since the epoch began. */
  epochLoss: { sum: number; samples: number };
  summary: Summary;
}
export interface Checkpoint {
  network: NetworkState;
  loop: LoopState;
}

interface Header {
  version: 1;
  step: number;
  parameters: number;
  slots: number;
  statistics: number;
  loop: LoopState;
}

const MAGIC = 0x31434c52; // "RLC1", little-endian
const CHECKED_FROM = 8;
const PREFIX = 12;

export function encodeCheckpoint({ network, loop }: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, parameters, slots, statistics } = network;
  const header: Header = {
    version: 1,
    step,
    parameters: parameters.length,
    slots: slots.length,
    statistics: statistics.length,
    loop,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(PREFIX + length + 4 * (parameters.length + slots.length + statistics.length));
  bytes.fill(0x20, PREFIX, PREFIX + length);
  bytes.set(json, PREFIX);
  let next = PREFIX + length;
  for (const values of [parameters, slots, statistics]) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), next);
    next += values.byteLength;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, length, true);
  view.setUint32(4, crc32(bytes.subarray(CHECKED_FROM)), true);
  return bytes;
}

/** Throws a RunFailure that says what is wrong with the bytes. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < PREFIX || view.getUint32(0, true) !== MAGIC) throw unreadable('it does not begin as one');
  if (view.getUint32(4, true) !== crc32(bytes.subarray(CHECKED_FROM)))
    throw unreadable('its checksum does not match its content');
  const start = PREFIX + view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX, start))) as Header;
  if (header.version !== 1) throw unreadable(`it is of version ${String(header.version)}`);

  let next = start;
  const read = (length: number): Float32Array => {
    const values = new Float32Array(bytes.slice(next, next + 4 * length).buffer);
    next += 4 * length;
    return values;
  };
  const { step, parameters, slots, statistics, loop } = header;
  return { network: { step, parameters: read(parameters), slots: read(slots), statistics: read(statistics) }, loop };
}

export const unreadable = (reason: string): RunFailure =>
  new RunFailure(
    'CHECKPOINT_UNREADABLE',
    `The run cannot go on from its checkpoint: ${reason}. Submit its spec again to train it from the beginning.`,
  );
