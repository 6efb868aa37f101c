/**
 * How rows of named columns become a network's inputs, and what its outputs are called. A checkpoint and the JSON export
 * contain it as it is.
 */
import type { ColumnKind, Encoding } from './columns.ts';

export interface Preparation {
  /** The columns that are inputs, in the order of the inputs. */
  columns: PreparedColumn[];
  /** The columns that are predicted. */
  targets: string[];
  /** The other columns of the data set. */
  ignored: string[];
  /** One per output: classes, labels, or targets of a regression. */
  outputs: string[];
}

/** One value or one list of `width` values per row. */
export interface PreparedColumn {
  name: string;
  kind: Exclude<ColumnKind, 'text'>;
  width: number;
  shape?: number[];
  encoding?: Encoding;
  /** Of a categorical or boolean column, in the order of their inputs or numbers. */
  categories?: string[];
  /**
   * What the inputs are where the value is missing: one number per input, the indicator left out. Absent: a row without
   * the value cannot be used.
   */
  fill?: number[];
  /** One more input after the others, which is 1 where the value is missing and 0 elsewhere. */
  hasIndicator?: true;
}

/** The cycles of a date, each as sine and cosine of its share of the whole. All are in UTC. */
export const CYCLES = ['hour', 'weekday', 'month'] as const;

/** Numbers that stand for one value of the column. */
export function encodedSize({
  kind,
  encoding,
  categories = [],
}: Pick<PreparedColumn, 'kind' | 'encoding' | 'categories'>): number {
  if (kind === 'categorical' && encoding !== 'ordered') return categories.length;
  return kind === 'date' && encoding === 'cyclic' ? 2 * CYCLES.length : 1;
}

/** Inputs of the column without its indicator. */
export const valueInputs = (column: PreparedColumn): number => column.width * encodedSize(column);
export const inputsOf = (column: PreparedColumn): number => valueInputs(column) + (column.hasIndicator ? 1 : 0);

/** `age`, `species=Adelie`, `seen (weekday, sin)`, `pixels[3,5]`, `age is missing`. */
export const inputNames = ({ columns }: Pick<Preparation, 'columns'>): string[] => columns.flatMap(namesOf);

function namesOf(column: PreparedColumn): string[] {
  const { name, width, hasIndicator } = column;
  const values = width === 1 ? [name] : Array.from({ length: width }, (_, index) => `${name}[${place(index, column)}]`);
  const names = values.flatMap((value) => suffixes(column).map((suffix) => value + suffix));
  return hasIndicator ? [...names, `${name} is missing`] : names;
}

function suffixes({ kind, encoding, categories = [] }: PreparedColumn): string[] {
  if (kind === 'categorical' && encoding !== 'ordered') return categories.map((category) => `=${category}`);
  if (kind !== 'date') return [''];
  return encoding === 'cyclic' ? CYCLES.flatMap((cycle) => [` (${cycle}, sin)`, ` (${cycle}, cos)`]) : [' (days)'];
}

/** `3,5` of an image, `7` of a list; counted from 0. */
function place(index: number, { shape }: PreparedColumn): string {
  if (shape === undefined || shape.length < 2) return String(index);
  const places: number[] = [];
  for (let rest = index, axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return places.join(',');
}
