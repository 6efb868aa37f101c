/**
 * Groups of very many runs. What runs contribute that have ended in transactions before any that is still open is kept in
 * memory: no other run can come to be among them. It holds until one of them is edited or deleted, which triggers note in
 * `run_edits`. To this, each read adds what has ended since, and what has not ended.
 */
import type pg from 'pg';
import { bindings } from '../postgres/bindings.ts';
import { groupsOf, type Grouping, type GroupRow, type Moments } from './run-groups.ts';

/** Of those that were read last. */
const MOST_KEPT = 32;
/** Groups times figures: about 1 MB. */
const MOST_VALUES = 8000;

/** By the names of the groups. */
type Groups = ReadonlyMap<string, GroupRow>;

interface Settled {
  /** Of the runs that ended in transactions before this one. */
  before: string;
  groups: Groups;
  /** The edits since then that were made already. */
  edits: string;
}

type JsonNumber = number | string | null;
interface JsonRow extends Omit<GroupRow, 'figures'> {
  figures: [JsonNumber, JsonNumber, JsonNumber, JsonNumber, JsonNumber][];
}
interface SyncRow {
  before: string;
  /** Since the transaction from which on groups were read, and since `before`. */
  edits: string;
  editsSince: string;
  settled: JsonRow[] | null;
  open: JsonRow[] | null;
}

export class SettledGroups {
  readonly #pool: pg.Pool;
  /** Null: there are too many groups. */
  readonly #kept = new Map<string, Settled | null>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** The largest groups first; null if there are too many to keep them. */
  async read(grouping: Grouping): Promise<GroupRow[] | null> {
    const key = keyOf(grouping);
    const kept = this.#kept.get(key);
    if (kept === null) return null;
    const read = (kept && (await this.#readSince(grouping, kept))) ?? (await this.#readSince(grouping, null));
    if (!read) throw new Error('Groups that are read from the beginning depend on no edit.');
    const isFew = read.settled.groups.size * grouping.keys.length <= MOST_VALUES;
    this.#keep(key, isFew ? read.settled : null);
    return [...merge(read.settled.groups, read.open).values()].toSorted(inOrder);
  }

  /** Everything is of one snapshot, because it is one statement. Null if what is known does not hold any more. */
  async #readSince(grouping: Grouping, known: Settled | null): Promise<{ settled: Settled; open: GroupRow[] } | null> {
    const { values, bind } = bindings();
    const since = known ? `${bind(known.before)}::xid8` : null;
    const ended = (condition: string): string => groupsOf(grouping, 'ended', bind, condition);
    const settled = since
      ? `ended_in >= ${since} and ended_in < ${BEFORE}`
      : `(ended_in is null or ended_in < ${BEFORE})`;
    const { rows } = await this.#pool.query<SyncRow>(
      `with seen as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as before)
      select ${BEFORE}::text as before, ${since ? edits(since) : "''"} as edits, ${edits(BEFORE)} as "editsSince",
        ${list(ended(settled))} as settled,
        ${list(`${ended(`ended_in >= ${BEFORE}`)} union all ${groupsOf(grouping, 'unfinished', bind)}`)} as open`,
      values,
    );
    const [row] = rows;
    if (!row || (known && row.edits !== known.edits)) return null;
    const groups = merge(known?.groups ?? new Map(), (row.settled ?? []).map(readNumbers));
    return { settled: { before: row.before, groups, edits: row.editsSince }, open: (row.open ?? []).map(readNumbers) };
  }

  #keep(key: string, settled: Settled | null): void {
    this.#kept.delete(key);
    this.#kept.set(key, settled);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const BEFORE = '(select before from seen)';
const list = (sql: string): string => `(select json_agg(found) from (${sql}) as found)`;
const edits = (from: string): string =>
  `(select coalesce(string_agg(id::text, ',' order by id), '') from run_edits where made_in >= ${from})`;

const keyOf = ({ fields, keys, chosen }: Grouping): string =>
  JSON.stringify([fields.map(({ path }) => path), keys, chosen]);

/** JSON has numbers that are not finite as texts. */
const readNumbers = ({ figures, ...row }: JsonRow): GroupRow => ({
  ...row,
  figures: figures.map(([n, mean, variance, min, max]) => [
    Number(n),
    Number(mean),
    variance === null ? null : Number(variance),
    Number(min),
    Number(max),
  ]),
});

function merge(groups: Groups, rows: readonly GroupRow[]): Groups {
  if (rows.length === 0) return groups;
  const merged = new Map(groups);
  for (const row of rows) {
    const key = JSON.stringify(row.names);
    const known = merged.get(key);
    merged.set(key, known ? together(known, row) : row);
  }
  return merged;
}

const together = (a: GroupRow, b: GroupRow): GroupRow => ({
  count: a.count + b.count,
  names: a.names,
  figures: a.figures.map((moments, i) => joined(moments, b.figures[i]!)),
});

/** Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979). */
function joined(a: Moments, b: Moments): Moments {
  if (a[0] === 0) return b;
  if (b[0] === 0) return a;
  const [nA, meanA, varianceA, minA, maxA] = a;
  const [nB, meanB, varianceB, minB, maxB] = b;
  const n = nA + nB;
  const between = meanB - meanA;
  const squares = (varianceA ?? 0) * (nA - 1) + (varianceB ?? 0) * (nB - 1) + (between * between * nA * nB) / n;
  return [n, meanA + (between * nB) / n, squares / (n - 1), Math.min(minA, minB), Math.max(maxA, maxB)];
}

/** The largest first, those of one size by their names, and without a name last. */
function inOrder(a: GroupRow, b: GroupRow): number {
  if (a.count !== b.count) return b.count - a.count;
  for (const [i, nameA] of a.names.entries()) {
    const nameB = b.names[i];
    if ((nameA === null) !== (nameB === null)) return nameA === null ? 1 : -1;
    if (typeof nameA === 'number' && typeof nameB === 'number' && nameA !== nameB) return nameA - nameB;
    const [textA, textB] = [nameA, nameB].map((name) => (typeof name === 'string' ? name : JSON.stringify(name)));
    if (textA !== textB) return textA! < textB! ? -1 : 1;
  }
  return 0;
}
