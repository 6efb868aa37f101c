/** The chunks of a run's metrics by their keys, and their columns as the database cuts them out. */
import type pg from 'pg';

/**
 * Chunks with the same keys in the same order. A run has a few such kinds (per step, per epoch). `bytes` is their total
 * size.
 */
export interface Kind {
  keys: string[];
  bytes: number;
  firstSeq: number;
  lastSeq: number;
  /** The length of the windows; null if the chunks have none, or several. */
  every: number | null;
}

export interface StepRange {
  fromStep: number;
  toStep: number;
}
export const EVERY_STEP: StepRange = { fromStep: 0, toStep: 2 ** 31 - 1 };

const BYTES_PER_ROW = 1024 * 1024;

export async function kindsOf(pool: pg.Pool, runId: string): Promise<Kind[]> {
  const { rows } = await pool.query<Kind>(
    `select body->'keys' as keys, sum(octet_length(data))::float8 as bytes, min(seq) as "firstSeq", max(seq) as "lastSeq",
      case when count(distinct coalesce(body->>'every', '')) = 1 then min((body->>'every')::int) end as every
    from run_messages where run_id = $1 and type = 'metrics' and data <> '' group by 1 order by 3`,
    [runId],
  );
  return rows;
}

/** How many numbers of the log hold about a MiB of these chunks. */
export const numbersPerRow = ({ bytes, firstSeq, lastSeq }: Kind): number =>
  Math.max(1, Math.ceil((lastSeq - firstSeq + 1) * (BYTES_PER_ROW / bytes)));

/**
 * Rows of [steps, column, column ...] in binary, each from about a MiB of chunks. The database cuts the requested
 * columns out of the chunks and joins them, so few rows are transferred, however many chunks the run has.
 */
export async function columnsOf(
  pool: pg.Pool,
  runId: string,
  kind: Kind,
  { wanted, range, isOnlyKind }: { wanted: readonly string[]; range: StepRange; isOnlyKind: boolean },
): Promise<Buffer[][]> {
  const { keys, firstSeq, lastSeq } = kind;
  const values: unknown[] = [runId, firstSeq, lastSeq];
  const conditions = [`run_id = $1 and type = 'metrics' and seq between $2 and $3 and data <> ''`];
  if (!isOnlyKind) conditions.push(`body->'keys' = $${values.push(JSON.stringify(keys))}::jsonb`);
  // A chunk's row has its last step, and the body has its first step.
  if (range.fromStep > EVERY_STEP.fromStep) conditions.push(`step >= $${values.push(range.fromStep)}`);
  if (range.toStep < EVERY_STEP.toStep) conditions.push(`(body->>'from')::int <= $${values.push(range.toStep)}`);

  const points = `octet_length(data) / ${4 + 8 * keys.length}`;
  const cuts = wanted.map(
    (key) => `substring(data from 1 + (${points}) * ${4 + 8 * keys.indexOf(key)} for (${points}) * 8)`,
  );
  const perRow = numbersPerRow(kind);
  const { rows } = await pool.query<Buffer[]>({
    text: `select ${[`substring(data from 1 for (${points}) * 4)`, ...cuts].map((cut) => `string_agg(${cut}, '' order by seq)`).join(', ')}
      from run_messages where ${conditions.join(' and ')} group by seq / ${perRow} order by seq / ${perRow}`,
    values,
    rowMode: 'array',
  });
  return rows;
}
