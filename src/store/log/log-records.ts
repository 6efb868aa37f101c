/** Converts entries and records of a run's log to and from rows of one table. */
import { encodeSnapshot, type RunEvent, type StreamMessage } from '../../vocabulary/index.ts';
import { decodeChunk, encodeChunk } from './metric-chunk.ts';
import type { LogEntry, LogRecord } from '../store.ts';
import { toJson } from '../postgres/text.ts';

export interface MessageRow {
  seq: number;
  type: StreamMessage['type'] | 'snapshot';
  step: number;
  at: Date;
  body: unknown;
  data: Uint8Array | null;
  /** Of metrics that are about to be stored: the number of their kind, if the run has kinds. */
  kind?: number;
}

/** Body of a metrics row: the keys of its columns, its first step, and the length of its windows if they have one. */
export interface MetricsBody {
  keys: string[];
  from: number;
  every?: number;
}

/** Body of a snapshot row: the number of snapshots before it, which decides how they are thinned. */
export interface SnapshotBody {
  ordinal: number;
}

type Message<T extends StreamMessage['type']> = Extract<StreamMessage, { type: T }>;

/** `ordinal` counts snapshots. A verdict has no row in the log. */
export function toRow(
  entry: Exclude<LogEntry, { type: 'verdict' }>,
  seq: number,
  at: Date,
  ordinal: number,
): MessageRow {
  switch (entry.type) {
    case 'metrics': {
      const { keys, data } = encodeChunk(entry);
      return {
        seq,
        type: 'metrics',
        step: entry.steps.at(-1) ?? entry.step,
        at,
        body: {
          keys,
          from: entry.steps[0] ?? entry.step,
          ...(entry.every && { every: entry.every }),
        } satisfies MetricsBody,
        data,
      };
    }
    case 'event':
      return { seq, type: 'event', step: entry.step, at, body: JSON.parse(toJson(entry.event)), data: null };
    case 'checkpoint':
      return {
        seq,
        type: 'checkpoint',
        step: entry.step,
        at,
        body: { epoch: entry.epoch, bytes: entry.state.length },
        data: null,
      };
    case 'snapshot':
      return {
        seq,
        type: 'snapshot',
        step: entry.step,
        at,
        body: { ordinal } satisfies SnapshotBody,
        data: encodeSnapshot({ header: { ...entry.header, seq }, data: entry.data }),
      };
  }
}

export function toRecord({ seq, type, step, at, body, data }: MessageRow): LogRecord {
  const common = { seq, step, at: at.toISOString() };
  switch (type) {
    case 'snapshot':
      return { seq, kind: 'snapshot', step, frame: data ?? new Uint8Array() };
    case 'metrics': {
      const { keys, every } = body as MetricsBody;
      return {
        seq,
        kind: 'message',
        message: {
          ...common,
          type,
          ...decodeChunk({ keys, data: data ?? new Uint8Array() }),
          ...(every !== undefined && { every }),
        },
      };
    }
    case 'event':
      return { seq, kind: 'message', message: { ...common, type, event: body as RunEvent } };
    case 'status':
      return {
        seq,
        kind: 'message',
        message: {
          ...common,
          type,
          ...(body as Pick<Message<'status'>, 'status' | 'progress' | 'summary' | 'error' | 'attempt' | 'engine'>),
        },
      };
    case 'checkpoint':
      return {
        seq,
        kind: 'message',
        message: { ...common, type, ...(body as Pick<Message<'checkpoint'>, 'epoch' | 'bytes'>) },
      };
  }
}
