/** Which rows of a table a recipe uses, and in which part a fixed split puts them. */
import { RunFailure } from '../../errors.ts';
import type { TableDataset } from '../../schemas/index.ts';
import { PARTS } from '../split.ts';
import { isMissing, labelOf } from './column-values.ts';
import { planColumn, type Plan, type PlannedColumn } from './plan.ts';
import { readRows } from './table-rows.ts';

type Content = Pick<TableDataset, 'table' | 'recipe'>;

/** Values of some columns of a row group, by the column's number in the table. */
type Values = readonly ArrayLike<number>[];

/**
 * Left out are rows without a target, rows with a missing input that no fill stands for, and rows without the value that
 * a split goes by.
 */
export class RowRules {
  /** The numbers of the columns that decide; none where every row is used and its place alone says its part. */
  readonly needed: number[];
  readonly #content: Content;
  readonly #doubtful: PlannedColumn[];
  readonly #split: PlannedColumn | null;
  readonly #partOfKey = new Map<number, number>();

  constructor(content: Content, { inputs, targets }: Plan) {
    this.#content = content;
    this.#split = splitColumn(content);
    const demanded = [
      ...targets,
      ...inputs.filter(({ column: { fill } }) => fill === undefined || fill === 'drop'),
      ...(this.#split ? [this.#split] : []),
    ];
    this.#doubtful = demanded.filter(mayMiss);
    this.needed = [...this.#doubtful, ...(this.#split ? [this.#split] : [])].map(({ index }) => index);
  }

  isUsed(columns: Values, row: number): boolean {
    return this.#doubtful.every((planned) => !isRowMissing(planned, columns[planned.index]!, row));
  }

  /** What the part goes by: the value of the column of the split, or the row's place in the table. */
  keyOf(columns: Values, row: number, place: number): number {
    return this.#split ? columns[this.#split.index]![row]! : place;
  }

  /** The part of every row with one of these keys, in order, as numbers of PARTS; null where the job splits the rows. */
  partsOf(keys: Float64Array): Uint8Array | null {
    const { split } = this.#content.recipe;
    switch (split.by) {
      case 'share':
        return null;
      case 'file':
        return Uint8Array.from(keys, (place) => this.#partOfPlace(place));
      case 'column':
        return Uint8Array.from(keys, (value) => this.#partOfValue(value, split.validation, split.test ?? []));
      case 'time':
        return partsByTime(keys, split.validation, split.test ?? 0);
    }
  }

  #partOfPlace(place: number): number {
    let end = 0;
    for (const { name, rows } of this.#content.table.parts) {
      end += rows;
      if (place < end) return name === 'train' ? PARTS.training : PARTS[name];
    }
    return PARTS.training;
  }

  #partOfValue(value: number, validation: readonly string[], test: readonly string[]): number {
    let part = this.#partOfKey.get(value);
    if (part === undefined) {
      const label = this.#split ? labelOf(this.#split.source, value) : '';
      part = validation.includes(label) ? PARTS.validation : test.includes(label) ? PARTS.test : PARTS.training;
      this.#partOfKey.set(value, part);
    }
    return part;
  }
}

export interface UsedRows {
  count: number;
  /** Their ascending places in the table; null where all rows are used. */
  places: Int32Array | null;
  /** Of every used row, a number of PARTS; null where the job splits the rows. */
  parts: Uint8Array | null;
}

/** Reads the rows only if something must be looked up in them. */
export function findUsedRows(dataset: TableDataset, plan: Plan): UsedRows {
  const { rows } = dataset.table;
  const rules = new RowRules(dataset, plan);
  const places = new Int32Array(rows);
  const keys = new Float64Array(rows);
  let count = 0;
  if (rules.needed.length === 0) {
    for (; count < rows; count++) keys[count] = count;
    return { count, places: null, parts: rules.partsOf(keys) };
  }
  for (const { first, count: groupRows, columns } of readRows(dataset, rules.needed)) {
    for (let row = 0; row < groupRows; row++) {
      if (!rules.isUsed(columns, row)) continue;
      places[count] = first + row;
      keys[count] = rules.keyOf(columns, row, first + row);
      count += 1;
    }
  }
  return {
    count,
    places: count === rows ? null : places.slice(0, count),
    parts: rules.partsOf(keys.subarray(0, count)),
  };
}

/** A value may be missing in the table, or be one that the column's kind does not have. */
const mayMiss = ({ source, column }: PlannedColumn): boolean =>
  source.profile.missing > 0 || column.kind === 'categorical' || source.type === 'text';

function isRowMissing({ column: { width }, read }: PlannedColumn, values: ArrayLike<number>, row: number): boolean {
  for (let k = row * width; k < (row + 1) * width; k++) if (Number.isNaN(read(values[k]!))) return true;
  return false;
}

/** The column that a fixed split goes by. Its values are read as the table has them, whatever its kind. */
function splitColumn({ table, recipe: { split, columns } }: Content): PlannedColumn | null {
  if (split.by !== 'column' && split.by !== 'time') return null;
  const column = columns.find(({ name }) => name === split.column);
  if (column === undefined)
    throw new RunFailure(
      'DATASET_UNAVAILABLE',
      `The data set has no column ${JSON.stringify(split.column)} to split by.`,
    );
  const planned = planColumn(table, column);
  return { ...planned, read: (value) => (isMissing(planned.source, value) ? NaN : value) };
}

/** The last share tests, the share before it validates. Rows of one moment keep the order of the table. */
function partsByTime(moments: Float64Array, validation: number, test: number): Uint8Array {
  const count = moments.length;
  const order = Int32Array.from({ length: count }, (_, row) => row).sort((a, b) => moments[a]! - moments[b]! || a - b);
  const firstTest = count - Math.round(count * test);
  const firstValidation = Math.max(0, firstTest - Math.round(count * validation));
  const parts = new Uint8Array(count);
  for (const row of order.subarray(firstValidation, firstTest)) parts[row] = PARTS.validation;
  for (const row of order.subarray(firstTest)) parts[row] = PARTS.test;
  return parts;
}
