/** The run's log: all messages of a run, numbered and in order. Only the worker that holds the run writes to it. */
import type { ReportedSteps } from '../../schemas/index.ts';
import type { StreamMessage } from '../../vocabulary/index.ts';
import { pack, storeCheckpoints, writeAtOnce, writeInTransaction, type Packed } from './append.ts';
import { Unwritten } from './append-statement.ts';
import { dropState, type StoredState } from './checkpoints.ts';
import type { Database } from '../postgres/database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from '../postgres/sql-state.ts';
import { outageBehind } from '../postgres/availability.ts';
import { isId } from '../postgres/ids.ts';
import { toRecord, type MessageRow } from './log-records.ts';
import type { Lease, LogChange, LogEntry, LogRecord, RunLog } from '../store.ts';

/** About what a record takes beside its data. */
const RECORD_BYTES = 200;

export class Log implements RunLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(
    lease: Lease,
    entries: readonly LogEntry[],
    change: LogChange,
    after?: number,
  ): Promise<LogRecord[] | null> {
    if (!isId('run', lease.runId)) return null;
    const append = await pack({ lease, entries, change, after });
    const states: StoredState[] = [];
    try {
      const rows = (await writeAtOnce(this.#database.pool, append)) ?? (await this.#writeLong(append, states));
      const last = rows.at(-1);
      if (last) this.#database.tell({ type: 'appended', runId: lease.runId, seq: last.seq });
      return rows.map(toRecord);
    } catch (error) {
      // It may be committed after all, now or later, and then its checkpoints refer to their states. If not, the run's next
      // checkpoint removes them.
      if (outageBehind(error)) throw error;
      for (const { stateName } of states)
        await dropState(this.#database.pool, lease.runId, stateName).catch(() => undefined);
      if (error instanceof Unwritten || sqlState(error) === FOREIGN_KEY_VIOLATION)
        return after === undefined ? null : this.#writtenBefore(lease, entries, change, after);
      throw error;
    }
  }

  /** Fills `states` with what is stored before the transaction. */
  async #writeLong(append: Packed, states: StoredState[]): Promise<MessageRow[]> {
    await storeCheckpoints(this.#database.pool, append, (state) => states.push(state));
    return writeInTransaction(this.#database, append, states);
  }

  /**
   * What an earlier try of this append wrote; null if none did. What follows `after` is of this attempt, or the status
   * message that ended it. A snapshot may have been thinned out.
   */
  async #writtenBefore(
    { runId, attempt }: Lease,
    entries: readonly LogEntry[],
    { to }: LogChange,
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
}
