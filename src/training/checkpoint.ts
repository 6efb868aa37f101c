/**
 * A checkpoint: everything that a resumed run needs to continue bit for bit, and everything that predictions and
 * exports need. The layout of the bytes is described in schemas/checkpoint.ts.
 */
import { crc32 } from 'node:zlib';
import type { NetworkState, Scaling, TrainingData } from '../engine/network.ts';
import type { SchedulerState } from '../engine/math/schedules.ts';
import type { CheckpointHeader } from '../schemas/index.ts';
import {
  CHECKPOINT_MAGIC,
  CHECKPOINT_PREFIX,
  checkpointVersion,
  readCheckpointHeader,
  unreadable,
} from '../schemas/checkpoint.ts';
import type { Preparation, Summary } from '../vocabulary/index.ts';
import type { BestState } from './best-epoch.ts';
import type { WindowState } from './metric-windows.ts';
import type { Judged } from './watching/verdicts.ts';

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
  /** Of the newest step. */
  lastLoss?: number | null;
  /** Absent in checkpoints of earlier versions. */
  best?: BestState;
  /** That share the work of a step. Absent in checkpoints of earlier versions. */
  threads?: number;
  summary: Summary;
}

/** What the model takes and gives, with what was fitted when the run began: normalisations, and fills of missing values. */
export interface Preprocessing extends Pick<
  TrainingData,
  'task' | 'featureCount' | 'outputCount' | 'normalization' | 'targetNormalization'
> {
  /** Names; null in checkpoints of earlier versions. */
  preparation: Preparation | null;
}

export interface Checkpoint {
  preprocessing: Preprocessing;
  network: NetworkState;
  loop: LoopState;
  /** Null before the first verdict, in a final checkpoint, and in those of earlier versions. */
  judged: Judged | null;
}
/** `preprocessing` is null in a checkpoint of format RLC1. */
export type ReadCheckpoint = Omit<Checkpoint, 'preprocessing'> & { preprocessing: Preprocessing | null };

const CHECKED_FROM = 8;

export function encodeCheckpoint({ preprocessing, network, loop, judged }: Checkpoint): Uint8Array<ArrayBuffer> {
  const { step, parameters, slots, statistics } = network;
  const { task, featureCount, outputCount, normalization, targetNormalization, preparation } = preprocessing;
  const header: CheckpointHeader = {
    version: 2,
    step,
    parameters: parameters.length,
    slots: slots.length,
    statistics: statistics.length,
    preprocessing: {
      version: preparation ? 3 : targetNormalization ? 2 : 1,
      task,
      inputs: { columns: featureCount, isNormalized: normalization !== null },
      outputs: { columns: outputCount, isNormalized: targetNormalization !== null },
      preparation,
    },
    loop,
    judged: judged && { step: judged.step, weights: judged.weights?.length ?? 0, state: judged.state },
  };
  const scalings = [normalization, targetNormalization].filter((scaling) => scaling !== null);
  const parts = [
    parameters,
    slots,
    statistics,
    ...scalings.flatMap(({ shift, scale }) => [shift, scale]),
    ...(judged?.weights ? [judged.weights] : []),
  ];
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
  const header = readCheckpointHeader(bytes);
  const { step, parameters, slots, statistics, preprocessing, dataStart } = header;
  const loop = header.loop as LoopState;

  let next = dataStart;
  const read = (length: number): Float32Array => {
    // A copy: the bytes may begin anywhere, and a Buffer's own slice would share its memory.
    const values = new Float32Array(Uint8Array.from(bytes.subarray(next, next + 4 * length)).buffer);
    next += values.byteLength;
    return values;
  };
  // Read in the order of the file.
  const network = { step, parameters: read(parameters), slots: read(slots), statistics: read(statistics) };
  if (preprocessing === null) return { preprocessing, network, loop, judged: null };
  const readScaling = ({ columns, isNormalized }: { columns: number; isNormalized: boolean }): Scaling | null =>
    isNormalized ? { shift: read(columns), scale: read(columns) } : null;
  const { task, inputs, outputs, preparation } = preprocessing;
  return {
    preprocessing: {
      task,
      featureCount: inputs.columns,
      outputCount: outputs.columns,
      normalization: readScaling(inputs),
      targetNormalization: readScaling(outputs),
      preparation,
    },
    network,
    loop,
    judged: header.judged && {
      step: header.judged.step,
      weights: header.judged.weights > 0 ? read(header.judged.weights) : null,
      state: header.judged.state as Judged['state'],
    },
  };
}
