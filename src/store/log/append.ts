/**
 * Writes an append to the log of a run. What is short, as almost all of them are, is one statement after a look at the run;
 * what is long, or changes more than its run's newest rows, is written in a transaction.
 */
import type pg from 'pg';
import { inTransaction, type Database } from '../postgres/database.ts';
import { newId } from '../postgres/ids.ts';
import { prepared } from '../postgres/prepared.ts';
import { toJson } from '../postgres/text.ts';
import type { Lease, LogChange, LogEntry } from '../store.ts';
import { sendAppend, Unwritten, type Held, type Numbers } from './append-statement.ts';
import { HAS_STATES, keepCheckpoint, storeStates, type StoredState } from './checkpoints.ts';
import { toRow, type MessageRow } from './log-records.ts';
import { isMetrics, KINDS_OF_RUN, KindsInAppend, type KindState } from './metric-levels.ts';
import { isThinningDue, thinSnapshots } from './snapshots.ts';
import { keepVerdict, packVerdict, type PackedVerdict } from './verdicts.ts';

export interface Append {
  lease: Lease;
  entries: readonly LogEntry[];
  change: LogChange;
  after: number | undefined;
}
/** As it is written: what is long is packed before a transaction, because that holds the run's row and the embedded session. */
export interface Packed extends Append {
  logged: Logged[];
  snapshots: number;
  checkpoints: Extract<LogEntry, { type: 'checkpoint' }>[];
  verdicts: PackedVerdict[];
}
type Logged = Exclude<LogEntry, { type: 'verdict' }>;

/** Above, bytes go as they are instead of in base64 within JSON. */
const SHORT_BYTES = 64 * 1024;

export async function pack(append: Append): Promise<Packed> {
  const { entries } = append;
  const verdicts = entries.filter((entry) => entry.type === 'verdict');
  return {
    ...append,
    logged: entries.filter((entry) => entry.type !== 'verdict'),
    snapshots: entries.filter(({ type }) => type === 'snapshot').length,
    checkpoints: entries.filter((entry) => entry.type === 'checkpoint'),
    // The last one of a step counts.
    verdicts: [
      ...new Map((await Promise.all(verdicts.map(packVerdict))).map((packed) => [packed.step, packed])).values(),
    ],
  };
}

/** Null, and nothing is written, if it takes more than one statement. Throws Unwritten. */
export async function writeAtOnce(pool: pg.Pool, append: Packed): Promise<MessageRow[] | null> {
  const { lease, change, logged, snapshots, checkpoints, verdicts, after } = append;
  if (after === undefined || checkpoints.length > 1 || bytesOf(append) > SHORT_BYTES) return null;
  // What it finds holds as long as the log ends there, which the statement checks.
  const run = logged.some(({ type }) => type !== 'event') ? await look(pool, lease.runId) : null;
  if (run && run.lastSeq !== after) throw new Unwritten();
  const messages = rowsOf(logged, after, run?.snapshots ?? 0);
  const kinds = kindsIn(lease.runId, messages, run);
  const frame = newestFrame(messages);
  const [checkpoint] = checkpoints;
  if (
    (checkpoint && (checkpoint.best || run?.hasStates !== false)) ||
    kinds?.isBlockDue ||
    (frame && isThinningDue(thinning(frame, (run?.snapshots ?? 0) + snapshots, snapshots)))
  )
    return null;
  const held = await sendAppend(pool, lease, change, numbersOf(append), {
    messages,
    kinds: kinds?.touched ?? [],
    verdicts,
    checkpoint: checkpoint ? { ...checkpoint, bytes: checkpoint.state.length, stateName: newId('state').id } : null,
  });
  return written(messages, held, append);
}

/** `states`: of its checkpoints, which are stored. Throws Unwritten. */
export function writeInTransaction(
  { pool }: Pick<Database, 'pool'>,
  append: Packed,
  states: readonly StoredState[],
): Promise<MessageRow[]> {
  const { lease, change, logged, snapshots, verdicts } = append;
  const { runId } = lease;
  return inTransaction(pool, async (client) => {
    // The row is locked from here on.
    const held = await sendAppend(client, lease, change, numbersOf(append));
    const { at } = held;
    const before = held.lastSeq - numbersOf(append).count;
    const messages = rowsOf(logged, before, held.snapshots - snapshots).map((row) => ({ ...row, at }));
    const kinds = messages.some(isMetrics) ? kindsIn(runId, messages, await look(client, runId)) : null;
    await insertRows(client, runId, messages);
    await kinds?.keep(client);
    const frame = newestFrame(messages);
    if (frame) await thinSnapshots(client, runId, thinning(frame, held.snapshots, snapshots));
    for (const verdict of verdicts) await keepVerdict(client, runId, verdict, at);
    for (const state of states) await keepCheckpoint(client, runId, state, at);
    return written(messages, held, append);
  });
}

export async function storeCheckpoints(
  pool: pg.Pool,
  { lease, checkpoints }: Packed,
  onStored: (state: StoredState) => void,
): Promise<void> {
  for (const checkpoint of checkpoints)
    for await (const state of storeStates(pool, lease.runId, checkpoint)) onStored(state);
}

const numbersOf = ({ logged, snapshots, change, after }: Packed): Numbers => ({
  count: logged.length + (change.to ? 1 : 0),
  snapshots,
  after,
});

/** A run before an append. */
interface Found {
  lastSeq: number;
  /** That it has ever stored. */
  snapshots: number;
  kinds: KindState[];
  /** Metrics without kinds: it began with an earlier version. */
  isOlder: boolean;
  hasStates: boolean;
}

const LOOK = prepared(`select last_seq as "lastSeq", snapshots, ${KINDS_OF_RUN} as kinds, ${HAS_STATES} as "hasStates",
    not exists (select from metric_kinds where run_id = $1)
      and exists (select from run_messages where run_id = $1 and type = 'metrics' and data <> '') as "isOlder"
  from runs where id = $1`);

async function look(client: pg.Pool | pg.PoolClient, runId: string): Promise<Found> {
  const { rows } = await client.query<Found>({ ...LOOK, values: [runId] });
  const [found] = rows;
  if (!found) throw new Unwritten();
  return found;
}

/** `lastSeq` and `snapshots`: before them. The time of the append is not known yet. */
function rowsOf(logged: readonly Logged[], lastSeq: number, snapshots: number): MessageRow[] {
  let ordinal = snapshots;
  return logged.map((entry, index) =>
    toRow(entry, lastSeq + 1 + index, NOT_YET, entry.type === 'snapshot' ? ordinal++ : 0),
  );
}
const NOT_YET = new Date(0);

function kindsIn(runId: string, messages: readonly MessageRow[], run: Found | null): KindsInAppend | null {
  if (!run || run.isOlder) return null;
  const kinds = new KindsInAppend(runId, run.kinds);
  kinds.number(messages);
  return kinds;
}

const newestFrame = (rows: readonly MessageRow[]): Uint8Array | null =>
  rows.findLast(({ type }) => type === 'snapshot')?.data ?? null;

const thinning = (frame: Uint8Array, after: number, added: number): Parameters<typeof isThinningDue>[0] => ({
  before: after - added,
  after,
  frameBytes: frame.length,
});

/** With the message of the new state, which the statement has written. */
function written(messages: readonly MessageRow[], held: Held, { lease, change }: Packed): MessageRow[] {
  const { at, lastSeq, status, progress, summary, error, engine } = held;
  const rows = messages.map((row) => ({ ...row, at }));
  if (!change.to) return rows;
  const body = { status, progress, summary, error, attempt: lease.attempt, engine };
  return [...rows, { seq: lastSeq, type: 'status', step: progress.step, at, body, data: null }];
}

function bytesOf({ entries, verdicts }: Packed): number {
  let bytes = verdicts.reduce((sum, { data, parts, histograms }) => {
    const ofParts = parts.reduce((total, part) => total + part.data.byteLength, 0);
    // Parts are rows of their own.
    return sum + data.length + (histograms?.length ?? 0) + (parts.length > 0 ? Math.max(ofParts, SHORT_BYTES + 1) : 0);
  }, 0);
  for (const entry of entries) {
    if (entry.type === 'metrics') bytes += entry.steps.length * (4 + 8 * Object.keys(entry.values).length);
    else if (entry.type === 'snapshot') bytes += entry.data.byteLength;
    else if (entry.type === 'checkpoint') bytes += entry.state.length;
  }
  return bytes;
}

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
