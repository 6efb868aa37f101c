/**
 * Snapshots of neuron activity, thinned to a bounded number per run. All of the newest are kept, and every stride-th of
 * the older ones, where the stride is the smallest power of two that brings them under the limit. So a run of any
 * length keeps snapshots spread evenly over its life: at most 512, or fewer if they are large.
 */
import type pg from 'pg';
import type { Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import type { SnapshotStore } from '../store.ts';

const MOST_SNAPSHOTS = 512;
const FEWEST_SNAPSHOTS = 16;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Of `most` snapshots, three quarters are spread over the whole run and one eighth are the newest. The last eighth is
 * room for those that arrive between two thinnings.
 */
const limits = (frameBytes: number): { spread: number; newest: number } => {
  const most = Math.max(FEWEST_SNAPSHOTS, Math.min(MOST_SNAPSHOTS, Math.floor(MOST_BYTES / frameBytes)));
  return { spread: Math.floor((most * 3) / 4), newest: Math.floor(most / 8) };
};

/** `before` and `after`: the number of snapshots that the run had ever stored. */
interface Added {
  before: number;
  after: number;
  frameBytes: number;
}

export function isThinningDue({ before, after, frameBytes }: Added): boolean {
  const { newest } = limits(frameBytes);
  return Math.floor(before / newest) !== Math.floor(after / newest);
}

export async function thinSnapshots(
  client: pg.PoolClient,
  runId: string,
  { before, after, frameBytes }: Added,
): Promise<void> {
  if (!isThinningDue({ before, after, frameBytes })) return;
  const { spread, newest } = limits(frameBytes);
  const older = after - newest;
  let stride = 1;
  while (older / stride > spread) stride *= 2;
  if (stride === 1) return;
  await client.query(
    `delete from run_messages where run_id = $1 and type = 'snapshot' and (body->>'ordinal')::int < $2 and (body->>'ordinal')::int % $3 <> 0`,
    [runId, older, stride],
  );
}

export class Snapshots implements SnapshotStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *read(
    runId: string,
    {
      fromStep = 0,
      toStep = 2 ** 31 - 1,
      limit,
      points,
    }: { fromStep?: number; toStep?: number; limit: number; points?: number },
  ): AsyncIterable<Uint8Array> {
    if (!isId('run', runId)) return;
    if (points !== undefined) {
      yield* this.#readSome(runId, { fromStep, toStep, most: Math.min(limit, points) });
      return;
    }
    let after = 0;
    // One at a time, because a frame can have several MiB and the reader may be slow.
    for (let count = 0; count < limit; count += 1) {
      const {
        rows: [row],
      } = await this.#database.pool.query<{ seq: number; data: Buffer }>(
        `select seq, data from run_messages where run_id = $1 and type = 'snapshot' and seq > $2 and step between $3 and $4 order by seq limit 1`,
        [runId, after, fromStep, toStep],
      );
      if (!row) return;
      yield row.data;
      after = row.seq;
    }
  }

  /**
   * Reads the sequence numbers first, which are small, then the chosen frames. A frame that was thinned out in the
   * meantime is skipped.
   */
  async *#readSome(
    runId: string,
    { fromStep, toStep, most }: { fromStep: number; toStep: number; most: number },
  ): AsyncIterable<Uint8Array> {
    const { rows } = await this.#database.pool.query<{ seq: number }>(
      `select seq from run_messages where run_id = $1 and type = 'snapshot' and step between $2 and $3 order by seq`,
      [runId, fromStep, toStep],
    );
    const count = Math.min(most, rows.length);
    for (let i = 0; i < count; i += 1) {
      const { seq } = rows[count === 1 ? 0 : Math.round((i * (rows.length - 1)) / (count - 1))]!;
      const {
        rows: [frame],
      } = await this.#database.pool.query<{ data: Buffer }>(
        `select data from run_messages where run_id = $1 and seq = $2`,
        [runId, seq],
      );
      if (frame) yield frame.data;
    }
  }
}
