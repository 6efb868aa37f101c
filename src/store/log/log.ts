/** The run's log: all messages of a run, numbered and in order. Only the worker that holds the run writes to it. */
import type pg from 'pg';
import type { ReportedSteps } from '../../schemas/index.ts';
import {
  isFinal,
  type RunEngine,
  type Failure,
  type Progress,
  type RunStatus,
  type StreamMessage,
  type Summary,
} from '../../vocabulary/index.ts';
import { dropState, keepCheckpoint, storeStates, type StoredState } from './checkpoints.ts';
import { FOREIGN_KEY_VIOLATION, inTransaction, sqlState, type Database } from '../postgres/database.ts';
import { outageBehind } from '../postgres/availability.ts';
import { isId } from '../postgres/ids.ts';
import { TIME_OF_CHANGE } from '../runs/run-changes.ts';
import { toRecord, toRow, type MessageRow } from './log-records.ts';
import { KindsInAppend } from './metric-levels.ts';
import { thinSnapshots } from './snapshots.ts';
import type { Lease, LogEntry, LogRecord, RunLog } from '../store.ts';
import { toJson, toJsonOrNull } from '../postgres/text.ts';
import { keepFigures } from '../runs/run-figures.ts';
import { keepEndings } from '../webhooks/endings.ts';
import { keepVerdict, packVerdict } from './verdicts.ts';

type Change = Parameters<RunLog['append']>[2];
type Logged = Exclude<LogEntry, { type: 'verdict' }>;
interface Held {
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

/** About what a record takes beside its data. */
const RECORD_BYTES = 200;

/** The lease is no longer valid, or the log has grown; rolls the transaction back. */
class Unwritten extends Error {}

export class Log implements RunLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(
    lease: Lease,
    entries: readonly LogEntry[],
    change: Change,
    after?: number,
  ): Promise<LogRecord[] | null> {
    if (!isId('run', lease.runId)) return null;
    // Long values are prepared and states written before the transaction, because it holds the run's row and the
    // embedded session.
    const verdicts = await Promise.all(
      entries.filter((entry) => entry.type === 'verdict').map((verdict) => packVerdict(verdict)),
    );
    const checkpoints: StoredState[] = [];
    try {
      for (const entry of entries)
        if (entry.type === 'checkpoint')
          for await (const stored of storeStates(this.#database.pool, lease.runId, entry)) checkpoints.push(stored);
      const rows = await inTransaction(this.#database.pool, async (client) => {
        const { written, at } = await this.#write(client, lease, entries, change, after);
        for (const verdict of verdicts) await keepVerdict(client, lease.runId, verdict, at);
        for (const checkpoint of checkpoints) await keepCheckpoint(client, lease.runId, checkpoint, at);
        return written;
      });
      const last = rows.at(-1);
      if (last) this.#database.tell({ type: 'appended', runId: lease.runId, seq: last.seq });
      return rows.map(toRecord);
    } catch (error) {
      // It may be committed after all, now or later, and then its checkpoints refer to their states. If not, the run's next
      // checkpoint removes them.
      if (outageBehind(error)) throw error;
      for (const { stateName } of checkpoints)
        await dropState(this.#database.pool, lease.runId, stateName).catch(() => undefined);
      if (error instanceof Unwritten || sqlState(error) === FOREIGN_KEY_VIOLATION)
        return after === undefined ? null : this.#writtenBefore(lease, entries, change, after);
      throw error;
    }
  }

  /**
   * What an earlier try of this append wrote; null if none did. What follows `after` is of this attempt, or the status
   * message that ended it. A snapshot may have been thinned out.
   */
  async #writtenBefore(
    { runId, attempt }: Lease,
    entries: readonly LogEntry[],
    { to }: Change,
    after: number,
  ): Promise<LogRecord[] | null> {
    const types: string[] = entries.map(({ type }) => type).filter((type) => type !== 'verdict');
    if (to) types.push('status');
    const written = new Map((await this.read(runId, after, types.length)).map((record) => [record.seq, record]));
    const isOwn = (type: string, index: number): boolean => {
      const record = written.get(after + 1 + index);
      if (record?.kind !== 'message') return type === 'snapshot';
      const { message } = record;
      return (
        message.type === type && (message.type !== 'status' || (message.status === to && message.attempt === attempt))
      );
    };
    return written.size > 0 && types.every(isOwn) ? [...written.values()] : null;
  }

  async read(runId: string, since: number, limit: number): Promise<LogRecord[]> {
    if (!isId('run', runId)) return [];
    const { rows } = await this.#database.pool.query<MessageRow>(
      'select seq, type, step, at, body, data from run_messages where run_id = $1 and seq > $2 order by seq limit $3',
      [runId, since, limit],
    );
    return rows.map(toRecord);
  }

  async page(
    runId: string,
    after: number,
    to: number,
    maxBytes: number,
  ): Promise<{ records: LogRecord[]; to: number; end: number }> {
    if (!isId('run', runId)) return { records: [], to: after, end: 0 };
    // The length of a value that is stored elsewhere is known without reading it. One statement sees one state of the log.
    const { rows } = await this.#database.pool.query<MessageRow & { end: number; total: number }>(
      `select runs.last_seq as "end", page.* from runs left join lateral (
        select seq, type, step, at, body, data, total from (
          select seq, type, step, at, body, data, count(*) over ()::int as total,
            sum(bytes) over (order by seq) - bytes as before
          from (select *, ${RECORD_BYTES} + coalesce(octet_length(data), 0) as bytes
            from run_messages where run_id = runs.id and seq > $2 and seq <= $3) as sized
        ) as counted where before < $4
      ) as page on true where runs.id = $1 order by seq`,
      [runId, after, to, maxBytes],
    );
    const [first] = rows;
    if (!first) return { records: [], to: after, end: 0 };
    const { end } = first;
    // A run without such records is one row, without a record.
    const records = first.seq === null ? [] : rows.map(toRecord);
    const isCut = first.seq !== null && rows.length < first.total;
    return { records, to: isCut ? (records.at(-1)?.seq ?? after) : Math.max(after, Math.min(to, end)), end };
  }

  async lastSeq(runId: string): Promise<number> {
    if (!isId('run', runId)) return 0;
    const {
      rows: [run],
    } = await this.#database.pool.query<{ lastSeq: number }>('select last_seq as "lastSeq" from runs where id = $1', [
      runId,
    ]);
    return run?.lastSeq ?? 0;
  }

  async lastSeqs(runIds: readonly string[]): Promise<Map<string, number>> {
    const { rows } = await this.#database.pool.query<{ id: string; lastSeq: number }>(
      'select id, last_seq as "lastSeq" from runs where id = any($1)',
      [runIds.filter((id) => isId('run', id))],
    );
    return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
  }

  async events(
    runId: string,
    after: number,
    limit: number,
  ): Promise<{ data: (StreamMessage & { type: 'event' })[]; hasMore: boolean }> {
    if (!isId('run', runId)) return { data: [], hasMore: false };
    const { rows } = await this.#database.pool.query<MessageRow>(
      `select seq, type, step, at, body, data from run_messages where run_id = $1 and type = 'event' and seq > $2 order by seq limit $3`,
      [runId, after, limit + 1],
    );
    const messages = rows
      .slice(0, limit)
      .map(toRecord)
      .flatMap((record) => (record.kind === 'message' && record.message.type === 'event' ? [record.message] : []));
    return { data: messages, hasMore: rows.length > limit };
  }

  async reportedSteps(runId: string): Promise<ReportedSteps> {
    const nothing: ReportedSteps = { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 };
    if (!isId('run', runId)) return nothing;
    const {
      rows: [logged],
    } = await this.#database.pool.query<ReportedSteps>(
      // A run that began with an earlier version has no kinds.
      `select coalesce((select max(last_step) from metric_kinds where run_id = $1 and keys::jsonb ? 'loss'),
          (select max(step) from run_messages where run_id = $1 and type = 'metrics' and kind is null and body->'keys' ? 'loss'), -1) as metrics,
        coalesce((select max(last_step) from metric_kinds where run_id = $1 and not keys::jsonb ? 'loss'),
          (select max(step) from run_messages where run_id = $1 and type = 'metrics' and kind is null and not body->'keys' ? 'loss'), -1) as "epochMetrics",
        coalesce((select max(step) from run_messages where run_id = $1 and type = 'snapshot'), -1) as snapshot,
        coalesce((select max(step) from verdicts where run_id = $1), -1) as verdict`,
      [runId],
    );
    return logged ?? nothing;
  }

  async #write(
    client: pg.PoolClient,
    lease: Lease,
    entries: readonly LogEntry[],
    change: Change,
    after: number | undefined,
  ): Promise<{ written: MessageRow[]; at: Date }> {
    const logged = entries.filter((entry): entry is Logged => entry.type !== 'verdict');
    const snapshots = logged.filter(({ type }) => type === 'snapshot').length;
    const count = logged.length + (change.to ? 1 : 0);
    const held = await takeNumbers(client, lease, change, { count, snapshots, after });
    const { at } = held;

    let ordinal = held.snapshots - snapshots;
    const first = held.lastSeq - count + 1;
    const rows = logged.map((entry, i) => toRow(entry, first + i, at, entry.type === 'snapshot' ? ordinal++ : 0));
    if (change.to) {
      const { status, progress, summary, error, engine } = held;
      rows.push({
        seq: held.lastSeq,
        type: 'status',
        step: progress.step,
        at,
        body: { status, progress, summary, error, attempt: lease.attempt, engine },
        data: null,
      });
    }
    const kinds = await KindsInAppend.number(client, lease.runId, rows);
    await insertRows(client, lease.runId, rows);
    await kinds?.keep();
    if (change.to && isFinal(change.to))
      await client.query(`with ended as (${keepEndings(OF_RUN)}) ${keepFigures(OF_RUN)}`, [lease.runId]);
    const frame = rows.findLast(({ type }) => type === 'snapshot')?.data;
    if (frame)
      await thinSnapshots(client, lease.runId, {
        before: held.snapshots - snapshots,
        after: held.snapshots,
        frameBytes: frame.length,
      });
    return { written: rows, at };
  }
}

/**
 * Checks the lease and assigns numbers in one statement. It locks the run's row, so numbers become visible in order.
 */
async function takeNumbers(
  client: pg.PoolClient,
  lease: Lease,
  change: Change,
  { count, snapshots, after }: { count: number; snapshots: number; after: number | undefined },
): Promise<Held> {
  const {
    rows: [held],
  } = await client.query<Held>(
    `update runs set last_seq = last_seq + $3, last_at = ${TIME_OF_CHANGE}, snapshots = snapshots + $4, heartbeat_at = now(),
      progress = coalesce($5::json, progress), summary = summary || coalesce($6::jsonb, '{}'), evaluation = coalesce($12::json, evaluation), engine = coalesce($7::json, engine),
      status = coalesce($8::run_status, status), error = case when $9::bool then $10::jsonb else error end,
      worker_id = case when coalesce($8::text, 'running') = 'running' then worker_id end,
      request = case when coalesce($8::text, 'running') = 'running' then request end,
      stalled_attempts = case when coalesce($8::text, 'running') = 'running' then stalled_attempts else 0 end,
      furthest_step = case when coalesce($8::text, 'running') = 'running' then furthest_step else greatest(furthest_step, (coalesce($5::json, progress)->>'step')::int) end,
      finished_at = case when $11::bool then ${TIME_OF_CHANGE} end
    where id = $1 and attempt = $2 and status = 'running' and ($13::int is null or last_seq = $13)
    returning last_seq as "lastSeq", last_at as at, snapshots, status, progress, summary, error, engine`,
    [
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
      change.to !== undefined && isFinal(change.to),
      toJsonOrNull(change.evaluation),
      after ?? null,
    ],
  );
  if (!held) throw new Unwritten();
  return held;
}

const OF_RUN = '(select * from runs where id = $1)';
const ROWS_PER_INSERT = 500;
const BYTES_PER_INSERT = 4 * 1024 * 1024;

async function insertRows(client: pg.PoolClient, runId: string, rows: readonly MessageRow[]): Promise<void> {
  let batch: MessageRow[] = [];
  let bytes = 0;
  const insert = async (): Promise<void> => {
    if (batch.length === 0) return;
    const values: unknown[] = [runId];
    // Plain parameters instead of arrays for unnest: `pg` sends a Buffer in binary, but encodes one inside an array as
    // hexadecimal.
    const tuples = batch.map(({ seq, type, step, at, body, data, kind = null }) => {
      const base =
        values.push(
          seq,
          type,
          step,
          at,
          toJson(body),
          data && Buffer.from(data.buffer, data.byteOffset, data.byteLength),
          kind,
        ) - 6;
      return `($1, $${base}, $${base + 1}, $${base + 2}, $${base + 3}, $${base + 4}, $${base + 5}, $${base + 6})`;
    });
    await client.query(
      `insert into run_messages (run_id, seq, type, step, at, body, data, kind) values ${tuples.join(', ')}`,
      values,
    );
    batch = [];
    bytes = 0;
  };
  for (const row of rows) {
    if (batch.length === ROWS_PER_INSERT || bytes > BYTES_PER_INSERT) await insert();
    batch.push(row);
    bytes += row.data?.length ?? 0;
  }
  await insert();
}
