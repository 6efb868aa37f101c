/** What a recipe reads of a table: which columns are inputs and targets, and how each value becomes numbers. */
import { RunFailure } from '../../errors.ts';
import type { Table, TableColumn } from '../../schemas/index.ts';
import { inputsOf, type Column, type PreparedColumn, type Recipe, type Task } from '../../vocabulary/index.ts';
import type { Range } from '../normalize.ts';
import { LEAST_PIXELS } from '../rows.ts';
import { categoriesOf, isMissing, valueReader } from './column-values.ts';

/** A column of the table as the recipe reads it. */
export interface PlannedColumn {
  /** Of the column in the table, and so in every row group. */
  index: number;
  source: TableColumn;
  column: Column;
  /** From a value of the table, missing or not, to what `encode` takes; NaN for a missing one. */
  read: (value: number) => number;
}
export interface PlannedInput extends PlannedColumn {
  /** Without the fill, which is fitted later. */
  prepared: PreparedColumn;
  /** Of its first input. */
  offset: number;
}
export interface Plan {
  task: Task;
  inputs: PlannedInput[];
  targets: PlannedColumn[];
  /** Of the network's inputs, after encoding. */
  features: number;
  /** Whether every input is a whole number from 0 to 255, and is kept as one byte. */
  areBytes: boolean;
  /** Inputs that share one unit, as pixels do. */
  shared: Range[];
}

/** Throws a RunFailure if the table does not have the recipe's columns. */
export function planTable(table: Pick<Table, 'columns'>, recipe: Recipe): Plan {
  const inputs: PlannedInput[] = [];
  const targets: PlannedColumn[] = [];
  let features = 0;
  for (const column of recipe.columns) {
    // Classes are categories, whatever they look like.
    const target: Column = recipe.task === 'classification' ? { ...column, kind: 'categorical' } : column;
    if (column.role === 'target') targets.push(planColumn(table, target));
    if (column.role !== 'input' || column.kind === 'text') continue;
    const planned = planColumn(table, column);
    const prepared = prepare(planned);
    inputs.push({ ...planned, prepared, offset: features });
    features += inputsOf(prepared);
  }
  const pixels = inputs.filter(({ source, column }) => column.kind === 'numeric' && source.isBytes);
  const areBytes =
    pixels.length === inputs.length &&
    inputs.every(({ source }) => source.profile.missing === 0) &&
    (features >= LEAST_PIXELS || inputs.every(isImage));
  const shared = areBytes
    ? [{ start: 0, end: features }]
    : pixels
        .filter((input) => input.column.width >= LEAST_PIXELS || isImage(input))
        .map(({ offset, column: { width } }) => ({ start: offset, end: offset + width }));
  return { task: recipe.task, inputs, targets, features, areBytes, shared };
}

export function planColumn({ columns }: Pick<Table, 'columns'>, column: Column): PlannedColumn {
  const index = columns.findIndex(({ name }) => name === column.name);
  const source = columns[index];
  if (source === undefined)
    throw new RunFailure('DATASET_UNAVAILABLE', `The data set has no column ${JSON.stringify(column.name)}.`);
  const valueOf = valueReader(source, column);
  return { index, source, column, read: (value) => (isMissing(source, value) ? NaN : valueOf(value)) };
}

const isImage = ({ column: { shape = [] } }: PlannedInput): boolean => shape.length >= 2;

function prepare({ source, column }: PlannedColumn): PreparedColumn {
  const { name, kind, width, shape, encoding, fill } = column;
  if (kind === 'text') throw new RangeError(`The text of ${name} cannot be an input.`);
  const categories = categoriesOf(column, source);
  const hasCategories = kind === 'categorical' || kind === 'boolean';
  return {
    name,
    kind,
    width,
    ...(shape && { shape }),
    ...(kind === 'categorical' && { encoding: encoding === 'ordered' ? 'ordered' : 'oneHot' }),
    ...(kind === 'date' && { encoding: encoding === 'cyclic' ? 'cyclic' : 'number' }),
    ...(hasCategories && { categories }),
    ...(fill === 'indicator' && { hasIndicator: true }),
  };
}
