/**
 * Verdicts on every neuron, with the evidence for the diagnosis, and apart from them the histograms; deflated JSON. The
 * neurons of a large network are in binary, in rows of their own.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { unpackPart, type NeuronPart, type PackedNeurons } from '../../schemas/packed-neurons.ts';
import { packJson, unpackJson, type Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import { prepared } from '../postgres/prepared.ts';
import type { NeuronHealth, Neurons, NeuronState, VerdictHistograms } from '../../vocabulary/index.ts';
import type { LogEntry, NeuronBatch, OpenVerdict, Verdict, VerdictStore } from '../store.ts';

/** As it is stored. Where there are parts, the layers have no neurons. */
export type Judgement = Omit<Verdict, 'step'>;
export interface UnpackedVerdict {
  packed: PackedNeurons;
  evidence: unknown;
}
export interface PackedVerdict {
  step: number;
  data: Buffer;
  parts: NeuronPart[];
  histograms: Buffer | null;
}

export const packVerdict = async ({
  step,
  neurons,
  parts = [],
  evidence,
  histograms,
}: Extract<LogEntry, { type: 'verdict' }>): Promise<PackedVerdict> => ({
  step,
  data: await packJson({ neurons, evidence } satisfies Judgement),
  parts,
  histograms: histograms && (await packJson(histograms)),
});

const PARTS_PER_INSERT = 8;
/** Writes verdicts, or others in place of those of the same steps. `rows`: of the columns that it names. */
export const upsertVerdicts = (
  rows: string,
): string => `insert into verdicts (run_id, step, data, histograms, created_at) ${rows}
  on conflict (run_id, step) do update set data = excluded.data, histograms = excluded.histograms, created_at = excluded.created_at`;
const KEEP = prepared(upsertVerdicts('values ($1, $2, $3, $4, $5)'));
const DROP_PARTS = prepared('delete from verdict_parts where run_id = $1 and step = $2');

export async function keepVerdict(
  client: pg.PoolClient,
  runId: string,
  { step, data, parts, histograms }: PackedVerdict,
  at: Date,
): Promise<void> {
  await client.query({ ...KEEP, values: [runId, step, data, histograms, at] });
  await client.query({ ...DROP_PARTS, values: [runId, step] });
  for (let from = 0; from < parts.length; from += PARTS_PER_INSERT) {
    const values: unknown[] = [runId, step];
    const tuples = parts.slice(from, from + PARTS_PER_INSERT).map(({ layer, first, neurons, data: bytes }) => {
      const base = values.push(layer, first, neurons, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) - 3;
      return `($1, $2, $${base}, $${base + 1}, $${base + 2}, $${base + 3})`;
    });
    await client.query(
      `insert into verdict_parts (run_id, step, layer, first, neurons, data) values ${tuples.join(', ')}`,
      values,
    );
  }
}

/** Longer JSON, deflated, is read in a thread of its own. Only earlier versions stored so much. */
const LONG_BYTES = 256 * 1024;

interface Row {
  step: number;
  data: Uint8Array;
  /** Where its neurons are rows of their own. */
  hasParts: boolean;
}

const SELECT = `select step, data, exists (select from verdict_parts where verdict_parts.run_id = verdicts.run_id and verdict_parts.step = verdicts.step) as "hasParts" from verdicts`;

export class Verdicts implements VerdictStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async at(runId: string, step?: number, states?: readonly NeuronState[]): Promise<Verdict | null> {
    const row = await this.#row(runId, step);
    if (!row) return null;
    const { head, evidence, parts } = await this.#read(runId, row);
    if (!parts) return { step: row.step, neurons: head, evidence };
    const layers = head.layers.map((layer) => ({ ...layer, neurons: [] as NeuronHealth[] }));
    for await (const part of parts())
      for (const neuron of unpackPart(part, states)) layers[part.layer]?.neurons.push(neuron);
    return { step: row.step, neurons: { ...head, layers }, evidence };
  }

  async packed(runId: string, step: number): Promise<Neurons | PackedNeurons | null> {
    const row = await this.#row(runId, step);
    if (!row) return null;
    const { head, parts } = await this.#read(runId, row);
    if (!parts) return head;
    const all: NeuronPart[] = [];
    for await (const part of parts()) all.push(part);
    return { head, parts: all };
  }

  async open(runId: string, step?: number): Promise<OpenVerdict | null> {
    const row = await this.#row(runId, step);
    if (!row) return null;
    const { head: whole, parts } = await this.#read(runId, row);
    const head = { ...whole, layers: whole.layers.map((layer) => ({ ...layer, neurons: [] })) };
    const all = whole.layers.map(({ neurons }, layer) => ({ layer, neurons }));
    return { head, batches: (from = START) => (parts ? unpacked(parts(from), from) : fromPlace(all, from)) };
  }

  async all(runId: string): Promise<Verdict[]> {
    if (!isId('run', runId)) return [];
    const verdicts: Verdict[] = [];
    // One at a time: those of earlier versions may be long.
    for (let after = -1; ;) {
      const { rows } = await this.#database.pool.query<Row>(
        `${SELECT} where run_id = $1 and step > $2 order by step limit ${VERDICTS_AT_ONCE}`,
        [runId, after],
      );
      for (const row of rows) {
        const { head, evidence } = await this.#read(runId, row);
        verdicts.push({ step: row.step, neurons: head, evidence });
      }
      if (rows.length < VERDICTS_AT_ONCE) return verdicts;
      after = rows.at(-1)!.step;
    }
  }

  async #row(runId: string, step?: number): Promise<Row | null> {
    if (!isId('run', runId)) return null;
    const { rows } = await this.#database.pool.query<Row>(
      `${SELECT} where run_id = $1 and step <= $2 order by step desc limit 1`,
      [runId, step ?? 2 ** 31 - 1],
    );
    return rows[0] ?? null;
  }

  /** `head` has no neurons where `parts` have them. */
  async #read(
    runId: string,
    { step, data, hasParts }: Row,
  ): Promise<{ head: Neurons; evidence: unknown; parts: ((from?: Place) => AsyncIterable<NeuronPart>) | null }> {
    if (!hasParts && data.length > LONG_BYTES) {
      const { packed, evidence } = await readInThread(data);
      return { head: packed.head, evidence, parts: (from = START) => partsFrom(packed.parts, from) };
    }
    const { neurons: head, evidence } = await unpackJson<Judgement>(data);
    return { head, evidence, parts: hasParts ? (from = START) => this.#parts(runId, step, from) : null };
  }

  async *#parts(runId: string, step: number, from: Place): AsyncGenerator<NeuronPart> {
    for (let after: [number, number] = [from.layer, from.neuron - MOST_PER_PART]; ;) {
      const { rows } = await this.#database.pool.query<NeuronPart>(
        `select layer, first, neurons, data from verdict_parts
        where run_id = $1 and step = $2 and (layer, first) > ($3::int, $4::int) order by layer, first limit 4`,
        [runId, step, ...after],
      );
      for (const part of rows) if (isBehind(part, from)) yield part;
      const last = rows.at(-1);
      if (!last) return;
      after = [last.layer, last.first];
    }
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

interface Place {
  layer: number;
  neuron: number;
}
const START: Place = { layer: 0, neuron: 0 };
const VERDICTS_AT_ONCE = 16;
/** No part has more. */
const MOST_PER_PART = 1 << 16;

const isBehind = ({ layer, first, neurons }: NeuronPart, from: Place): boolean =>
  layer > from.layer || (layer === from.layer && first + neurons > from.neuron);

async function* partsFrom(parts: readonly NeuronPart[], from: Place): AsyncGenerator<NeuronPart> {
  for (const part of parts) if (isBehind(part, from)) yield part;
}

async function* unpacked(parts: AsyncIterable<NeuronPart>, from: Place): AsyncGenerator<NeuronBatch> {
  for await (const part of parts) yield* fromPlace([{ layer: part.layer, neurons: unpackPart(part) }], from);
}

async function* fromPlace(batches: Iterable<NeuronBatch>, from: Place): AsyncGenerator<NeuronBatch> {
  for (const { layer, neurons } of batches) {
    if (layer > from.layer) yield { layer, neurons };
    else if (layer === from.layer) yield { layer, neurons: neurons.filter(({ index }) => index >= from.neuron) };
  }
}

async function readInThread(data: Uint8Array): Promise<UnpackedVerdict> {
  const thread = new Worker(new URL('./verdict-thread.js', import.meta.url), { workerData: data, name: 'verdict' });
  try {
    // Rejects with what the thread throws.
    const [verdict] = (await once(thread, 'message')) as [UnpackedVerdict];
    return verdict;
  } finally {
    await thread.terminate();
  }
}
