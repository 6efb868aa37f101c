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
  /** Null: of a run that began with an earlier version, whose chunks have to be looked for by their keys. */
  known: KnownKind | null;
}

/** What the store keeps of a kind. */
export interface KnownKind {
  number: number;
  points: number;
  firstStep: number;
  lastStep: number;
  /** Every step is greater than the one before. */
  isAscending: boolean;
  /** Blocks of the first level. What comes after this number of the log is in none. */
  blocks: number;
  blockSeq: number;
}

export interface StepRange {
  fromStep: number;
  toStep: number;
}
export const EVERY_STEP: StepRange = { fromStep: 0, toStep: 2 ** 31 - 1 };

const BYTES_PER_ROW = 1024 * 1024;

export async function kindsOf(pool: pg.Pool, runId: string): Promise<Kind[]> {
  const { rows } = await pool.query<KnownKind & Omit<Kind, 'keys' | 'bytes' | 'known'> & { keys: string }>(
    `select kind as number, keys, case when is_uniform then every end as every, points, first_step as "firstStep", last_step as "lastStep",
      is_ascending as "isAscending", first_seq as "firstSeq", last_seq as "lastSeq", blocks, block_seq as "blockSeq"
    from metric_kinds where run_id = $1 order by first_seq`,
    [runId],
  );
  if (rows.length === 0) return scanForKinds(pool, runId);
  return rows.map(({ keys: json, every, firstSeq, lastSeq, ...known }) => {
    const keys = JSON.parse(json) as string[];
    return { keys, every, firstSeq, lastSeq, bytes: known.points * (4 + 8 * keys.length), known };
  });
}

async function scanForKinds(pool: pg.Pool, runId: string): Promise<Kind[]> {
  const { rows } = await pool.query<Omit<Kind, 'known'>>(
    `select body->'keys' as keys, sum(octet_length(data))::float8 as bytes, min(seq) as "firstSeq", max(seq) as "lastSeq",
      case when count(distinct coalesce(body->>'every', '')) = 1 then min((body->>'every')::int) end as every
    from run_messages where run_id = $1 and type = 'metrics' and data <> '' group by 1 order by 3`,
    [runId],
  );
  return rows.map((kind) => ({ ...kind, known: null }));
}

/** The kind cut to what of its chunks can have steps of the range. */
export async function narrowed(pool: pg.Pool, runId: string, kind: Kind, range: StepRange): Promise<Kind> {
  const { known } = kind;
  if (!known?.isAscending || known.blocks === 0) return kind;
  const blockAt = async (step: number) => {
    const { rows } = await pool.query<{ firstSeq: number; lastSeq: number; toStep: number }>(
      `select first_seq as "firstSeq", last_seq as "lastSeq", to_step as "toStep" from metric_levels
      where run_id = $1 and kind = $2 and level = 1 and from_step <= $3 order by from_step desc limit 1`,
      [runId, known.number, step],
    );
    return rows[0];
  };
  const first = range.fromStep > known.firstStep ? await blockAt(range.fromStep) : undefined;
  const last = range.toStep < known.lastStep ? await blockAt(range.toStep) : undefined;
  const firstSeq = first ? (first.toStep < range.fromStep ? first.lastSeq + 1 : first.firstSeq) : kind.firstSeq;
  const lastSeq = last && last.toStep >= range.toStep ? last.lastSeq : kind.lastSeq;
  return cut(kind, firstSeq, lastSeq);
}

/** The part of a kind between two numbers of the log, if its chunks are spread evenly. */
export const cut = (kind: Kind, firstSeq: number, lastSeq: number): Kind => ({
  ...kind,
  firstSeq,
  lastSeq,
  bytes: (kind.bytes * Math.max(1, lastSeq - firstSeq + 1)) / (kind.lastSeq - kind.firstSeq + 1),
});

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
  { wanted, range, isOnlyKind = false }: { wanted: readonly string[]; range: StepRange; isOnlyKind?: boolean },
): Promise<Buffer[][]> {
  const { keys, firstSeq, lastSeq, known } = kind;
  const values: unknown[] = [runId, firstSeq, lastSeq];
  const conditions = ['run_id = $1 and seq between $2 and $3'];
  if (known) conditions.push(`kind = $${values.push(known.number)}`);
  else conditions.push(`type = 'metrics' and data <> ''`);
  if (!known && !isOnlyKind) conditions.push(`body->'keys' = $${values.push(JSON.stringify(keys))}::jsonb`);
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
