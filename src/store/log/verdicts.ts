/** Verdicts on every neuron, with the evidence for the diagnosis, and apart from them the histograms; deflated JSON. */
import type pg from 'pg';
import { packJson, unpackJson, type Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import type { VerdictHistograms } from '../../vocabulary/index.ts';
import type { Verdict, VerdictStore } from '../store.ts';

type Judgement = Omit<Verdict, 'step'>;
interface PackedVerdict {
  step: number;
  data: Buffer;
  histograms: Buffer | null;
}

export async function packVerdict(
  step: number,
  judgement: Judgement,
  histograms: VerdictHistograms | null,
): Promise<PackedVerdict> {
  return { step, data: await packJson(judgement), histograms: histograms && (await packJson(histograms)) };
}

export async function keepVerdict(
  client: pg.PoolClient,
  runId: string,
  { step, data, histograms }: PackedVerdict,
  at: Date,
): Promise<void> {
  await client.query(
    `insert into verdicts (run_id, step, data, histograms, created_at) values ($1, $2, $3, $4, $5)
    on conflict (run_id, step) do update set data = excluded.data, histograms = excluded.histograms, created_at = excluded.created_at`,
    [runId, step, data, histograms, at],
  );
}

type Row = { step: number; data: Uint8Array };
const toVerdict = async ({ step, data }: Row): Promise<Verdict> => ({
  step,
  ...(await unpackJson<Judgement>(data)),
});
/** Without the histograms, which are read for pictures only. */
const columns = { step: true, data: true } as const;

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
      select: columns,
    });
    return row && toVerdict(row);
  }

  async all(runId: string): Promise<Verdict[]> {
    if (!isId('run', runId)) return [];
    const rows = await this.#database.prisma.verdict.findMany({
      where: { runId },
      orderBy: { step: 'asc' },
      select: columns,
    });
    return Promise.all(rows.map(toVerdict));
  }

  async histograms(
    runId: string,
    { fromStep, toStep }: { fromStep?: number; toStep?: number },
  ): Promise<(VerdictHistograms & { step: number })[]> {
    if (!isId('run', runId)) return [];
    const rows = await this.#database.prisma.verdict.findMany({
      where: {
        runId,
        histograms: { not: null },
        step: { ...(fromStep !== undefined && { gte: fromStep }), ...(toStep !== undefined && { lte: toStep }) },
      },
      orderBy: { step: 'asc' },
      select: { step: true, histograms: true },
    });
    const packed = rows.flatMap(({ step, histograms }) => (histograms === null ? [] : { step, histograms }));
    return Promise.all(
      packed.map(async ({ step, histograms }) => ({ step, ...(await unpackJson<VerdictHistograms>(histograms)) })),
    );
  }
}
