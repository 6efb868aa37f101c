/**
 * The statement of an append: it checks the lease, numbers the messages, changes the run's row and, if asked to, its state,
 * with everything that follows from that. What is short is written by it too, so that most appends are one statement.
 */
import type pg from 'pg';
import {
  isFinal,
  type RunEngine,
  type Failure,
  type Progress,
  type RunStatus,
  type Summary,
} from '../../vocabulary/index.ts';
import { prepared } from '../postgres/prepared.ts';
import { toJson, toJsonOrNull } from '../postgres/text.ts';
import { LOG_STATUS, TIME_OF_CHANGE } from '../runs/run-changes.ts';
import { keepFigures } from '../runs/run-figures.ts';
import type { Lease, LogChange } from '../store.ts';
import { keepEndings } from '../webhooks/endings.ts';
import type { StoredState } from './checkpoints.ts';
import type { MessageRow } from './log-records.ts';
import { KIND_COLUMNS, KIND_CHANGES, kindRecord, type KindState } from './metric-levels.ts';
import { upsertVerdicts, type PackedVerdict } from './verdicts.ts';

/** The run after the append. */
export interface Held {
  /** The time of its newest messages. */
  at: Date;
  lastSeq: number;
  snapshots: number;
  status: RunStatus;
  progress: Progress;
  summary: Summary;
  error: Failure | null;
  engine: RunEngine | null;
}

/** What the statement itself writes beside the status message. In JSON, with bytes in base64: not for long values. */
export interface Enclosed {
  /** In order, from the first number on. */
  messages: readonly MessageRow[];
  kinds: readonly KindState[];
  verdicts: readonly PackedVerdict[];
  /** The first checkpoint of its run. */
  checkpoint: (StoredState & { state: Uint8Array }) | null;
}
const NOTHING: Enclosed = { messages: [], kinds: [], verdicts: [], checkpoint: null };

/** The lease is no longer valid, or the log has grown; rolls the transaction back. */
export class Unwritten extends Error {}

const COLUMNS_OF_CHECKPOINT =
  '(step int, epoch int, bytes int, is_final bool, is_best bool, state_name text, state text)';

/** Each part opens the indexes of its table, also where it has nothing to write, so only those that are needed are in the statement. */
type Part = 'status' | 'end' | keyof Enclosed;

/** `json`: the parameter with what is written. */
const PARTS: Record<Part, (json: string) => string> = {
  status: () => `logged as (${LOG_STATUS})`,
  end: () => `ended as (${keepEndings('changed')}), figures as (${keepFigures('changed')})`,
  messages: (json) => `messages as (insert into run_messages (run_id, seq, type, step, at, body, data, kind)
    select changed.id, last_seq - $3 + ordinality, message.type, message.step, last_at, message.body, decode(message.data, 'base64'), message.kind
    from changed, rows from (json_to_recordset(${json}::json) as (type message_type, step int, body jsonb, data text, kind int)) with ordinality as message)`,
  kinds: (json) => `kinds as (insert into metric_kinds (run_id, ${KIND_COLUMNS.map(([name]) => name).join(', ')})
    select changed.id, kind.* from changed, json_to_recordset(${json}::json) as kind (${KIND_COLUMNS.map((column) => column.join(' ')).join(', ')})
    ${KIND_CHANGES})`,
  verdicts: (
    json,
  ) => `judged as (${upsertVerdicts(`select changed.id, verdict.step, decode(verdict.data, 'base64'), decode(verdict.histograms, 'base64'), last_at
    from changed, json_to_recordset(${json}::json) as verdict (step int, data text, histograms text)`)}),
  parted as (delete from verdict_parts using changed, json_to_recordset(${json}::json) as verdict (step int)
    where run_id = changed.id and verdict_parts.step = verdict.step)`,
  checkpoint: (
    json,
  ) => `states as (insert into run_parts (run_id, name, part, data) select changed.id, state_name, 0, decode(state, 'base64')
    from changed, json_to_recordset(${json}::json) as checkpoint ${COLUMNS_OF_CHECKPOINT}),
  checkpointed as (insert into checkpoints (run_id, step, epoch, bytes, is_final, is_best, state_name, created_at)
    select changed.id, checkpoint.step, checkpoint.epoch, bytes, is_final, is_best, state_name, last_at
    from changed, json_to_recordset(${json}::json) as checkpoint ${COLUMNS_OF_CHECKPOINT})`,
};

const CHANGE = `update runs set last_seq = last_seq + $3, last_at = ${TIME_OF_CHANGE}, snapshots = snapshots + $4, heartbeat_at = now(),
    progress = coalesce($5::json, progress), summary = summary || coalesce($6::jsonb, '{}'), evaluation = coalesce($12::json, evaluation), engine = coalesce($7::json, engine),
    status = coalesce($8::run_status, status), error = case when $9::bool then $10::jsonb else error end,
    worker_id = case when coalesce($8::text, 'running') = 'running' then worker_id end,
    request = case when coalesce($8::text, 'running') = 'running' then request end,
    stalled_attempts = case when coalesce($8::text, 'running') = 'running' then stalled_attempts else 0 end,
    furthest_step = case when coalesce($8::text, 'running') = 'running' then furthest_step else greatest(furthest_step, (coalesce($5::json, progress)->>'step')::int) end,
    finished_at = case when $11::bool then ${TIME_OF_CHANGE} end
  where id = $1 and attempt = $2 and status = 'running' and ($13::int is null or last_seq = $13) returning *`;
const VALUES_OF_CHANGE = 13;

const statementOf = (parts: readonly Part[]): string =>
  `with ${[
    `changed as (${CHANGE})`,
    ...parts.map((part, index) => PARTS[part](`$${VALUES_OF_CHANGE + 1 + index}`)),
  ].join(', ')}
  select last_seq as "lastSeq", last_at as at, snapshots, status, progress, summary, error, engine from changed`;

export interface Numbers {
  /** Messages, with that of the new state. */
  count: number;
  snapshots: number;
  after: number | undefined;
}

/** Throws Unwritten. */
export async function sendAppend(
  client: pg.Pool | pg.PoolClient,
  lease: Lease,
  change: LogChange,
  { count, snapshots, after }: Numbers,
  enclosed: Enclosed = NOTHING,
): Promise<Held> {
  const isEnd = change.to !== undefined && isFinal(change.to);
  const written = recordsOf(enclosed);
  // Parts with values come first, as the parameters do.
  const parts: Part[] = [
    ...written.map(([part]) => part),
    ...(change.to ? (['status'] as const) : []),
    ...(isEnd ? (['end'] as const) : []),
  ];
  const {
    rows: [held],
  } = await client.query<Held>({
    ...prepared(statementOf(parts)),
    values: [
      lease.runId,
      lease.attempt,
      count,
      snapshots,
      toJsonOrNull(change.progress),
      toJsonOrNull(change.summary),
      toJsonOrNull(change.engine),
      change.to ?? null,
      change.error !== undefined,
      toJsonOrNull(change.error),
      isEnd,
      toJsonOrNull(change.evaluation),
      after ?? null,
      ...written.map(([, records]) => toJson(records)),
    ],
  });
  if (!held) throw new Unwritten();
  return held;
}

function recordsOf({ messages, kinds, verdicts, checkpoint }: Enclosed): [keyof Enclosed, unknown[]][] {
  const all: [keyof Enclosed, unknown[]][] = [
    [
      'messages',
      messages.map(({ type, step, body, data, kind }) => ({ type, step, body, data: toBase64(data), kind })),
    ],
    ['kinds', kinds.map(kindRecord)],
    [
      'verdicts',
      verdicts.map(({ step, data, histograms }) => ({ step, data: toBase64(data), histograms: toBase64(histograms) })),
    ],
    ['checkpoint', checkpoint ? [checkpointRecord(checkpoint)] : []],
  ];
  return all.filter(([, records]) => records.length > 0);
}

const toBase64 = (bytes: Uint8Array | null): string | null =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const checkpointRecord = ({
  step,
  epoch,
  bytes,
  isFinal: is_final,
  isBest: is_best,
  stateName: state_name,
  state,
}: StoredState & { state: Uint8Array }): Record<string, unknown> => ({
  step,
  epoch,
  bytes,
  is_final,
  is_best,
  state_name,
  state: toBase64(state),
});
