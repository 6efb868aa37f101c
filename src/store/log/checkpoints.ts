/**
 * Checkpoints. A state is written in parts before the transaction that makes it a checkpoint, so neither the run's row
 * nor the embedded session is held while it is written. Only the newest and the final checkpoint are kept and listed.
 */
import type pg from 'pg';
import { unreadable } from '../../schemas/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { readParts, runPart, writeParts } from '../postgres/parts.ts';
import type { CheckpointInfo, CheckpointStore, LogEntry } from '../store.ts';

export interface StoredState {
  step: number;
  epoch: number;
  isFinal: boolean;
  bytes: number;
  stateName: string;
}

export async function storeState(
  pool: pg.Pool,
  runId: string,
  { step, epoch, isFinal, state }: Extract<LogEntry, { type: 'checkpoint' }>,
): Promise<StoredState> {
  const stateName = newId('state').id;
  await writeParts(pool, runPart(runId, stateName), state);
  return { step, epoch, isFinal, bytes: state.length, stateName };
}

export async function dropState(pool: pg.Pool, runId: string, stateName: string): Promise<void> {
  await pool.query('delete from run_parts where run_id = $1 and name = $2', [runId, stateName]);
}

export async function keepCheckpoint(
  client: pg.PoolClient,
  runId: string,
  { step, epoch, isFinal, bytes, stateName }: StoredState,
  at: Date,
): Promise<void> {
  await client.query(
    `insert into checkpoints (run_id, step, epoch, bytes, is_final, state_name, created_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (run_id, step) do update set epoch = excluded.epoch, bytes = excluded.bytes, is_final = excluded.is_final, state_name = excluded.state_name, created_at = excluded.created_at`,
    [runId, step, epoch, bytes, isFinal, stateName, at],
  );
  await client.query(
    'delete from checkpoints where run_id = $1 and not is_final and step < (select max(step) from checkpoints where run_id = $1)',
    [runId],
  );
  // Also removes states of appends that were never committed. Names of states sort by time, so one that is being
  // written now stays.
  await client.query(
    `delete from run_parts where run_id = $1 and name like 'state\\_%' and name < $2 and name not in (select state_name from checkpoints where run_id = $1)`,
    [runId, stateName],
  );
}

type Row = { step: number; epoch: number; bytes: number; isFinal: boolean; createdAt: Date; stateName: string };
const toInfo = ({ step, epoch, bytes, isFinal, createdAt }: Row): CheckpointInfo => ({
  step,
  epoch,
  bytes,
  isFinal,
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

  async latest(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null> {
    if (!isId('run', runId)) return null;
    for (;;) {
      const row = await this.#database.prisma.checkpoint.findFirst({ where: { runId }, orderBy: { step: 'desc' } });
      if (!row) return null;
      const state = await readParts(this.#database.pool, runPart(runId, row.stateName), row.bytes);
      if (state) return { ...toInfo(row), state };
      // A newer checkpoint has replaced it in the meantime, or the run was deleted: try again, but not forever, because
      // the state may be damaged.
      const again = await this.#database.prisma.checkpoint.findFirst({ where: { runId }, orderBy: { step: 'desc' } });
      if (again?.stateName === row.stateName) throw unreadable('parts of it are missing in the database');
    }
  }
}
