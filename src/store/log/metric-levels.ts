/**
 * Keeps what a run's metrics consist of, and their coarser levels, in the transaction that stores the metrics. Both follow
 * from the run's messages alone: a block of the first level has the next messages of its kind with POINTS_PER_BLOCK points
 * or more, and FOLD neighbouring blocks make one of the next level. So it does not matter where a run was interrupted.
 */
import type pg from 'pg';
import { prepared } from '../postgres/prepared.ts';
import { toJson } from '../postgres/text.ts';
import type { MessageRow, MetricsBody } from './log-records.ts';
import { blockOf, decodeWholeBlock, encodeBlock, FOLD, foldBlocks, type Block } from './metric-block.ts';
import { asSteps, decodeColumns } from './metric-chunk.ts';

export const POINTS_PER_BLOCK = 4096;

/** A row of `metric_kinds`. */
export interface KindState {
  kind: number;
  keys: string;
  every: number | null;
  isUniform: boolean;
  isAscending: boolean;
  points: number;
  firstStep: number;
  lastStep: number;
  firstSeq: number;
  lastSeq: number;
  blocks: number;
  blockPoints: number;
  blockSeq: number;
}

/** The columns of a kind and their types. */
const COLUMNS: Record<keyof KindState, readonly [name: string, type: string]> = {
  kind: ['kind', 'int'],
  keys: ['keys', 'text'],
  every: ['every', 'int'],
  isUniform: ['is_uniform', 'bool'],
  isAscending: ['is_ascending', 'bool'],
  points: ['points', 'int'],
  firstStep: ['first_step', 'int'],
  lastStep: ['last_step', 'int'],
  firstSeq: ['first_seq', 'int'],
  lastSeq: ['last_seq', 'int'],
  blocks: ['blocks', 'int'],
  blockPoints: ['block_points', 'int'],
  blockSeq: ['block_seq', 'int'],
};
const FIELDS = Object.keys(COLUMNS) as (keyof KindState)[];
export const KIND_COLUMNS = Object.values(COLUMNS);
/** What changes where the run has the kind already. */
export const KIND_CHANGES = `on conflict (run_id, kind) do update set ${[
  'is_uniform',
  'is_ascending',
  'points',
  'last_step',
  'last_seq',
  'blocks',
  'block_points',
  'block_seq',
]
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}`;

export const kindRecord = (state: KindState): Record<string, unknown> =>
  Object.fromEntries(FIELDS.map((field) => [COLUMNS[field][0], state[field]]));

/** The kinds of a run as JSON, under the names of a KindState. */
export const KINDS_OF_RUN = `(select coalesce(json_agg(json_build_object(${FIELDS.map((field) => `'${field}', ${COLUMNS[field][0]}`).join(', ')}) order by kind), '[]')
  from metric_kinds where run_id = $1)`;

type MetricsRow = Pick<MessageRow, 'seq' | 'type' | 'body' | 'data' | 'kind'>;

/** The kinds of one run while an append is written. */
export class KindsInAppend {
  readonly #runId: string;
  readonly #states: KindState[];
  readonly #touched = new Set<KindState>();

  /** `states`: as they are stored, in order. */
  constructor(runId: string, states: KindState[]) {
    this.#runId = runId;
    this.#states = states;
  }

  /** Of the kinds that the numbered rows are of. */
  get touched(): KindState[] {
    return [...this.#touched];
  }

  /** Whether `keep` makes blocks, for which the rows must be stored. */
  get isBlockDue(): boolean {
    return this.touched.some(isBlockDue);
  }

  /** Numbers the kinds of the metrics among `rows`, which are about to be stored; nobody else may add metrics meanwhile. */
  number(rows: readonly MetricsRow[]): void {
    for (const row of rows) if (isMetrics(row)) this.#count(row);
  }

  #count(row: MetricsRow): void {
    const { keys: names, every = null } = row.body as MetricsBody;
    const keys = toJson(names);
    const steps = stepsOf(row, names.length);
    const [firstStep, lastStep] = [steps[0]!, steps.at(-1)!];
    let state = this.#states.find((known) => known.keys === keys);
    if (!state) {
      state = {
        kind: this.#states.length,
        keys,
        every,
        isUniform: true,
        isAscending: true,
        points: 0,
        firstStep,
        lastStep: -1,
        firstSeq: row.seq,
        lastSeq: row.seq,
        blocks: 0,
        blockPoints: 0,
        blockSeq: row.seq - 1,
      };
      this.#states.push(state);
    }
    row.kind = state.kind;
    state.isUniform &&= state.every === every;
    state.isAscending &&= firstStep > state.lastStep && isAscending(steps);
    state.points += steps.length;
    state.lastStep = Math.max(state.lastStep, lastStep);
    state.lastSeq = row.seq;
    this.#touched.add(state);
  }

  /** After the rows were stored. */
  async keep(client: pg.PoolClient): Promise<void> {
    if (this.#touched.size === 0) return;
    for (const state of this.#touched) if (isBlockDue(state)) await this.#makeBlocks(client, state);
    const columns = KIND_COLUMNS.map(([name]) => name).join(', ');
    await client.query({
      ...prepared(
        `insert into metric_kinds (run_id, ${columns}) select $1, kind.* from json_to_recordset($2::json)
        as kind (${KIND_COLUMNS.map((column) => column.join(' ')).join(', ')}) ${KIND_CHANGES}`,
      ),
      values: [this.#runId, toJson(this.touched.map(kindRecord))],
    });
  }

  async #makeBlocks(client: pg.PoolClient, state: KindState): Promise<void> {
    const { rows } = await client.query<{ seq: number; data: Buffer }>(
      'select seq, data from run_messages where run_id = $1 and kind = $2 and seq > $3 order by seq',
      [this.#runId, state.kind, state.blockSeq],
    );
    const keys = (JSON.parse(state.keys) as string[]).length;
    let waiting: typeof rows = [];
    let points = 0;
    for (const row of rows) {
      waiting.push(row);
      points += row.data.length / (4 + 8 * keys);
      if (points < POINTS_PER_BLOCK) continue;
      const [steps, ...values] = decodeColumns(
        waiting.map(({ data }) => data),
        keys,
      );
      await this.#insert(client, state, 1, blockOf(steps, values), {
        fromStep: steps[0]!,
        toStep: steps.at(-1)!,
        firstSeq: waiting[0]!.seq,
        lastSeq: row.seq,
        points,
      });
      state.blocks += 1;
      state.blockPoints += points;
      state.blockSeq = row.seq;
      await this.#foldInto(client, state, keys);
      waiting = [];
      points = 0;
    }
  }

  /** Makes the blocks of higher levels that are whole now. */
  async #foldInto(client: pg.PoolClient, state: KindState, keys: number): Promise<void> {
    let level = 1;
    for (let { blocks } = state; blocks % FOLD === 0; blocks /= FOLD) {
      const { rows } = await client.query<Place & { data: Buffer }>(
        `select from_step as "fromStep", to_step as "toStep", first_seq as "firstSeq", last_seq as "lastSeq", points, data
        from metric_levels where run_id = $1 and kind = $2 and level = $3 order by from_step desc limit $4`,
        [this.#runId, state.kind, level, FOLD],
      );
      const parts = rows.toReversed();
      const [first, last] = [parts[0]!, parts.at(-1)!];
      level += 1;
      await this.#insert(client, state, level, foldBlocks(parts.map(({ data }) => decodeWholeBlock(data, keys))), {
        fromStep: first.fromStep,
        toStep: last.toStep,
        firstSeq: first.firstSeq,
        lastSeq: last.lastSeq,
        points: parts.reduce((sum, part) => sum + part.points, 0),
      });
    }
  }

  async #insert(client: pg.PoolClient, { kind }: KindState, level: number, block: Block, place: Place): Promise<void> {
    const { fromStep, toStep, firstSeq, lastSeq, points } = place;
    await client.query(
      `insert into metric_levels (run_id, kind, level, from_step, to_step, first_seq, last_seq, points, buckets, data)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [this.#runId, kind, level, fromStep, toStep, firstSeq, lastSeq, points, block.counts.length, encodeBlock(block)],
    );
  }
}

const IMPORTED_AT_ONCE = 200;

/** Numbers the kinds of a run that was imported, and makes its levels. Metrics that are not in order in themselves stay without. */
export async function levelImported(client: pg.PoolClient, runId: string): Promise<void> {
  const { rowCount: damaged } = await client.query(
    `select from run_messages where run_id = $1 and type = 'metrics' and data <> '' and case when jsonb_typeof(body->'keys') = 'array'
      then octet_length(data) % (4 + 8 * jsonb_array_length(body->'keys')) <> 0 else true end limit 1`,
    [runId],
  );
  if (damaged !== 0) return;
  const {
    rows: [stored],
  } = await client.query<{ kinds: KindState[] }>(`select ${KINDS_OF_RUN} as kinds`, [runId]);
  const states = stored?.kinds ?? [];
  for (let after = 0; ;) {
    const { rows } = await client.query<MetricsRow & { kind?: number }>(
      `select seq, type, body, data from run_messages where run_id = $1 and type = 'metrics' and data <> '' and seq > $2
      order by seq limit ${IMPORTED_AT_ONCE}`,
      [runId, after],
    );
    if (rows.length === 0) return;
    const kinds = new KindsInAppend(runId, states);
    kinds.number(rows);
    await client.query(
      `update run_messages set kind = numbered.kind from unnest($2::int[], $3::int[]) as numbered (seq, kind)
      where run_id = $1 and run_messages.seq = numbered.seq`,
      [runId, rows.map(({ seq }) => seq), rows.map(({ kind }) => kind)],
    );
    await kinds.keep(client);
    after = rows.at(-1)!.seq;
  }
}

/** Where a block is, in steps and in the log. */
interface Place {
  fromStep: number;
  toStep: number;
  firstSeq: number;
  lastSeq: number;
  points: number;
}

export const isMetrics = ({ type, data }: Pick<MetricsRow, 'type' | 'data'>): boolean =>
  type === 'metrics' && data !== null && data.length > 0;

const isBlockDue = ({ isAscending, points, blockPoints }: KindState): boolean =>
  isAscending && points - blockPoints >= POINTS_PER_BLOCK;

const stepsOf = ({ data }: MetricsRow, keys: number): Int32Array =>
  asSteps(data!.subarray(0, (data!.length / (4 + 8 * keys)) * 4));

function isAscending(steps: Int32Array): boolean {
  for (let i = 1; i < steps.length; i += 1) if (steps[i]! <= steps[i - 1]!) return false;
  return true;
}
