/** Trials of the advice for a run: what is tried, and how each trial ended. Their runs are ordinary rows of `runs`. */
import { FINAL_STATUSES, type RunStatus, type TrialsStatus } from '../vocabulary/index.ts';
import { keepMade } from './answers.ts';
import { inTransaction, type Database } from './postgres/database.ts';
import { goneBehind } from './postgres/gone.ts';
import { isId, newId } from './postgres/ids.ts';
import { toJson } from './postgres/text.ts';
import type { AnswerKey, StoredTrials, TrialResult, TrialsPlan, TrialsStore } from './store.ts';

type Row = Omit<StoredTrials, 'createdAt' | 'finishedAt'> & { createdAt: Date; finishedAt: Date | null };

const COLUMNS = `id, run_id as "runId", status, plan, results, created_at as "createdAt", finished_at as "finishedAt"`;

export class TrialsTable implements TrialsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(runId: string, plan: TrialsPlan, answer?: AnswerKey | null): Promise<StoredTrials | null> {
    const { id, at } = newId('trials');
    try {
      return await inTransaction(this.#database.pool, async (client) => {
        await client.query(`delete from trials where run_id = $1 and status <> 'running'`, [runId]);
        const {
          rows: [row],
        } = await client.query<Row>(
          `insert into trials (id, run_id, plan, created_at) values ($1, $2, $3, $4)
          on conflict (run_id) do nothing returning ${COLUMNS}`,
          [id, runId, toJson(plan), at],
        );
        if (row) await keepMade(client, this.#database, answer, id);
        return row ? toTrials(row) : null;
      });
    } catch (error) {
      throw goneBehind(error) ?? error;
    }
  }

  async get(runId: string): Promise<StoredTrials | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(`select ${COLUMNS} from trials where run_id = $1`, [runId]);
    return row ? toTrials(row) : null;
  }

  async unfinished(): Promise<StoredTrials[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from trials where status = 'running' or status = 'cancelled' and exists (
        select from runs where trials_id = trials.id and runs.status <> all($1::run_status[])) order by created_at, id`,
      [FINAL_STATUSES],
    );
    return rows.map(toTrials);
  }

  async status(id: string): Promise<TrialsStatus | null> {
    const {
      rows: [row],
    } = await this.#database.pool.query<{ status: TrialsStatus }>('select status from trials where id = $1', [id]);
    return row?.status ?? null;
  }

  async parts(id: string): ReturnType<TrialsStore['parts']> {
    const { rows } = await this.#database.pool.query<{
      id: string;
      trial: number;
      status: RunStatus;
      step: number;
      steps: number;
    }>(
      `select id, trial, status, (progress->>'step')::int as step, (progress->>'steps')::int as steps
      from runs where trials_id = $1 order by trial`,
      [id],
    );
    return rows;
  }

  async keep(id: string, results: Record<number, TrialResult>): Promise<void> {
    await this.#database.pool.query('update trials set results = results || $2::jsonb where id = $1', [
      id,
      toJson(results),
    ]);
  }

  async end(id: string, status: Exclude<TrialsStatus, 'running'>): Promise<boolean> {
    const { rowCount } = await this.#database.pool.query(
      `update trials set status = $2::trials_status, finished_at = $3 where id = $1 and status = 'running'`,
      [id, status, new Date()],
    );
    return rowCount === 1;
  }
}

const toTrials = ({ createdAt, finishedAt, ...row }: Row): StoredTrials => ({
  ...row,
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
});
