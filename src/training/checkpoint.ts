/**
 * A checkpoint: everything that a resumed run needs to continue bit for bit, and everything that predictions and
 * exports need. The layout of the bytes is described in schemas/checkpoint.ts.
 */
import { crc32 } from 'node:zlib';
import type { NetworkState, Scaling, TrainingData } from '../engine/network.ts';
import type { SchedulerState } from '../engine/math/schedules.ts';
import {
  CHECKPOINT_MAGIC,
  CHECKPOINT_PREFIX,
  checkpointVersion,
  readCheckpointHeader,
  unreadable,
  type CheckpointHeader,
} from '../schemas/index.ts';
import type { Summary } from '../vocabulary/index.ts';
import type { WindowState } from './metric-windows.ts';

export interface EpochSums {
  sum: number;
  /** Absent where an earlier version began the epoch, which did not count them. */
  correct?: number;
  samples: number;
}

/** What the loop itself keeps from step to step; plain JSON. */
export interface LoopState {
  /** Epochs whose end was processed: validated, and reported to the scheduler. */
  epochsEnded: number;
  scheduler: SchedulerState;
  window: WindowState;
  /** Sum of loss times batch size, correct answers, and samples, since the epoch began. */
  epochLoss: EpochSums;
  summary: Summary;
}

/** What the model takes and gives, with the normalisations that were fitted when the run began. */
export type Preprocessing = Pick<
  TrainingData,
  'task' | 'featureCount' | 'outputCount' | 'normalization' | 'targetNormalization'
>;

export interface Checkpoint {
  preprocessing: Preprocessing;
  network: NetworkState;
  loop: LoopState;
}
/** `preprocessing` is null in a checkpoint of format RLC1. */
export type ReadCheckpoint = Omit<Checkpoint, 'preprocessing'> & { preprocessing: Preprocessing | null };

const CHECKED_FROM = 8;

export function encodeCheckpoint({ preprocessing, network, loop }: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, parameters, slots, statistics } = network;
  const { task, featureCount, outputCount, normalization, targetNormalization } = preprocessing;
  const header: CheckpointHeader = {
    version: 2,
    step,
    parameters: parameters.length,
    slots: slots.length,
    statistics: statistics.length,
    preprocessing: {
      version: targetNormalization === null ? 1 : 2,
      task,
      inputs: { columns: featureCount, isNormalized: normalization !== null },
      outputs: { columns: outputCount, isNormalized: targetNormalization !== null },
    },
    loop,
  };
  const scalings = [normalization, targetNormalization].filter((scaling) => scaling !== null);
  const parts = [parameters, slots, statistics, ...scalings.flatMap(({ shift, scale }) => [shift, scale])];
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(CHECKPOINT_PREFIX + length + parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  bytes.fill(0x20, CHECKPOINT_PREFIX, CHECKPOINT_PREFIX + length);
  bytes.set(json, CHECKPOINT_PREFIX);
  let next = CHECKPOINT_PREFIX + length;
  for (const values of parts) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), next);
    next += values.byteLength;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CHECKPOINT_MAGIC[2], true);
  view.setUint32(8, length, true);
  view.setUint32(4, crc32(bytes.subarray(CHECKED_FROM)), true);
  return bytes;
}

/** Throws a RunFailure that says what is wrong with the bytes. */
export function decodeCheckpoint(bytes: Uint8Array): ReadCheckpoint {
  checkpointVersion(bytes);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  if (checksum !== crc32(bytes.subarray(CHECKED_FROM))) throw unreadable('its checksum does not match its content');
  const { step, parameters, slots, statistics, preprocessing, loop, dataStart } = readCheckpointHeader(bytes);

  let next = dataStart;
  const read = (length: number): Float32Array => {
    // A copy: the bytes may begin anywhere, and a Buffer's own slice would share its memory.
    const values = new Float32Array(Uint8Array.from(bytes.subarray(next, next + 4 * length)).buffer);
    next += values.byteLength;
    return values;
  };
  // Read in the order of the file.
  const network = { step, parameters: read(parameters), slots: read(slots), statistics: read(statistics) };
  if (preprocessing === null) return { preprocessing, network, loop: loop as LoopState };
  const readScaling = ({ columns, isNormalized }: { columns: number; isNormalized: boolean }): Scaling | null =>
    isNormalized ? { shift: read(columns), scale: read(columns) } : null;
  const { task, inputs, outputs } = preprocessing;
  return {
    preprocessing: {
      task,
      featureCount: inputs.columns,
      outputCount: outputs.columns,
      normalization: readScaling(inputs),
      targetNormalization: readScaling(outputs),
    },
    network,
    loop: loop as LoopState,
  };
}
