/** Verdicts on every neuron, with the evidence for the diagnosis, as deflated JSON. */
import type pg from 'pg';
import { unpackJson, type Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import type { Verdict, VerdictStore } from '../store.ts';

export async function keepVerdict(
  client: pg.PoolClient,
  runId: string,
  step: number,
  data: Buffer,
  at: Date,
): Promise<void> {
  await client.query(
    `insert into verdicts (run_id, step, data, created_at) values ($1, $2, $3, $4) on conflict (run_id, step) do update set data = excluded.data, created_at = excluded.created_at`,
    [runId, step, data, at],
  );
}

type Row = { step: number; data: Uint8Array };
const toVerdict = async ({ step, data }: Row): Promise<Verdict> => ({
  step,
  ...(await unpackJson<Omit<Verdict, 'step'>>(data)),
});

export class Verdicts implements VerdictStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async at(runId: string, step?: number): Promise<Verdict | null> {
    if (!isId('run', runId)) return null;
    const row = await this.#database.prisma.verdict.findFirst({
      where: { runId, ...(step !== undefined && { step: { lte: step } }) },
      orderBy: { step: 'desc' },
    });
    return row && toVerdict(row);
  }

  async all(runId: string): Promise<Verdict[]> {
    if (!isId('run', runId)) return [];
    const rows = await this.#database.prisma.verdict.findMany({ where: { runId }, orderBy: { step: 'asc' } });
    return Promise.all(rows.map(toVerdict));
  }
}
