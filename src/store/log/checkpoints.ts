/**
 * Checkpoints. A state is written in parts before the transaction that makes it a checkpoint, so neither the run's row
 * nor the embedded session is held while it is written. Only the newest, the best and the final checkpoint are kept and
 * listed, and as many older ones as the job asks for.
 */
import type pg from 'pg';
import { unreadable, type CheckpointReport } from '../../schemas/index.ts';
import type { CheckpointInfo } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { prepared } from '../postgres/prepared.ts';
import { readParts, runPart, writeParts } from '../postgres/parts.ts';
import type { CheckpointStore } from '../store.ts';

export interface StoredState extends Omit<CheckpointReport, 'state' | 'best'> {
  bytes: number;
  stateName: string;
}

/** Of the checkpoint, and before it of the best one that comes with it. */
export async function* storeStates(
  pool: pg.Pool,
  runId: string,
  { best, ...checkpoint }: CheckpointReport,
): AsyncGenerator<StoredState> {
  const { keep } = checkpoint;
  const states = [...(best ? [{ ...best, isFinal: false, isBest: true }] : []), checkpoint];
  for (const { step, epoch, isFinal, isBest, state } of states) {
    const stateName = newId('state').id;
    await writeParts(pool, runPart(runId, stateName), state);
    yield { step, epoch, isFinal, isBest, keep, bytes: state.length, stateName };
  }
}

export async function dropState(pool: pg.Pool, runId: string, stateName: string): Promise<void> {
  await pool.query('delete from run_parts where run_id = $1 and name = $2', [runId, stateName]);
}

/** True of a run that has checkpoints, or states that may be of one; $1 is its id. */
export const HAS_STATES = String.raw`exists (select from checkpoints where run_id = $1)
  or exists (select from run_parts where run_id = $1 and name like 'state\_%')`;

export async function keepCheckpoint(
  client: pg.PoolClient,
  runId: string,
  { step, epoch, isFinal, isBest, keep, bytes, stateName }: StoredState,
  at: Date,
): Promise<void> {
  if (isBest) await client.query({ ...NO_OTHER_IS_BEST, values: [runId] });
  await client.query({ ...KEEP, values: [runId, step, epoch, bytes, isFinal, isBest, stateName, at] });
  await client.query({ ...DROP_OLDER, values: [runId, keep] });
  await client.query({ ...DROP_STATES, values: [runId, stateName] });
}

const NO_OTHER_IS_BEST = prepared('update checkpoints set is_best = false where run_id = $1 and is_best');
const KEEP =
  prepared(`insert into checkpoints (run_id, step, epoch, bytes, is_final, is_best, state_name, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (run_id, step) do update set epoch = excluded.epoch, bytes = excluded.bytes, is_final = excluded.is_final, is_best = excluded.is_best, state_name = excluded.state_name, created_at = excluded.created_at`);
const DROP_OLDER =
  prepared(`with others as (select step from checkpoints where run_id = $1 and not is_final and not is_best)
  delete from checkpoints where run_id = $1 and step in (select step from others order by step desc offset $2)
    and step < (select max(step) from checkpoints where run_id = $1)`);
/**
 * Also removes states of appends that were never committed. Names of states sort by time, so one that is being written now
 * stays.
 */
const DROP_STATES = prepared(
  String.raw`delete from run_parts where run_id = $1 and name like 'state\_%' and name < $2 and name not in (select state_name from checkpoints where run_id = $1)`,
);

type Row = Omit<CheckpointInfo, 'createdAt'> & { createdAt: Date; stateName: string };
const toInfo = ({ step, epoch, bytes, isFinal, isBest, createdAt }: Row): CheckpointInfo => ({
  step,
  epoch,
  bytes,
  isFinal,
  isBest,
  createdAt: createdAt.toISOString(),
});

export class Checkpoints implements CheckpointStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(runId: string): Promise<CheckpointInfo[]> {
    if (!isId('run', runId)) return [];
    const rows = await this.#database.prisma.checkpoint.findMany({ where: { runId }, orderBy: { step: 'asc' } });
    return rows.map(toInfo);
  }

  latest(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null> {
    return this.#newest({ runId });
  }

  best(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null> {
    return this.#newest({ runId, isBest: true });
  }

  at(runId: string, step: number): Promise<(CheckpointInfo & { state: Uint8Array }) | null> {
    return this.#newest({ runId, step });
  }

  async #newest(where: {
    runId: string;
    isBest?: true;
    step?: number;
  }): Promise<(CheckpointInfo & { state: Uint8Array }) | null> {
    const { runId } = where;
    if (!isId('run', runId)) return null;
    for (;;) {
      const row = await this.#database.prisma.checkpoint.findFirst({ where, orderBy: { step: 'desc' } });
      if (!row) return null;
      const state = await readParts(this.#database.pool, runPart(runId, row.stateName), row.bytes);
      if (state) return { ...toInfo(row), state };
      // Another checkpoint has replaced it in the meantime, or the run was deleted: try again, but not forever, because
      // the state may be damaged.
      const again = await this.#database.prisma.checkpoint.findFirst({ where, orderBy: { step: 'desc' } });
      if (again?.stateName === row.stateName) throw unreadable('parts of it are missing in the database');
    }
  }
}
