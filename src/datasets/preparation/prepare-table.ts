/** From the row groups of an uploaded data set and its recipe to what a network trains on. */
import type { TableDataset } from '../../schemas/index.ts';
import { encodedSize, type DatasetSpec } from '../../vocabulary/index.ts';
import type { PreparedRows, Rows } from '../rows.ts';
import type { ColumnValues } from '../table/row-group.ts';
import { choosePlaces, splitChosen } from '../split.ts';
import { categoriesOf, encode } from './column-values.ts';
import { fillColumn } from './fill-missing.ts';
import { planTable, type Plan, type PlannedColumn } from './plan.ts';
import { readRows } from './table-rows.ts';
import { findUsedRows } from './used-rows.ts';

/**
 * Decodes each row group once, and the columns that decide which rows are used once more; then lets it go: `dataset` has
 * no row groups afterwards. Bytes stay bytes, so pixels take a quarter of what float32 would.
 */
export function prepareTable(dataset: TableDataset, spec: DatasetSpec): PreparedRows {
  const { table, recipe } = dataset;
  const plan = planTable(table, recipe);
  const used = findUsedRows(dataset, plan);
  const chosen = choosePlaces(spec, used.count, used.parts);
  const places = chosen === null ? used.places : chosen.map((row) => used.places?.[row] ?? row);
  const parts = used.parts && (chosen === null ? used.parts : Uint8Array.from(chosen, (row) => used.parts![row]!));

  const rows = fillRows(dataset, plan, places);
  const { inputs, targets: values } = rows;
  const count = places?.length ?? table.rows;
  const split = splitChosen(spec, count, values instanceof Int32Array ? values : null, parts);
  const columns =
    inputs instanceof Float32Array
      ? plan.inputs.map((input) =>
          fillColumn(input, { inputs, features: plan.features, trainIndices: split.trainIndices }),
        )
      : plan.inputs.map(({ prepared }) => prepared);
  const targets = plan.targets.map(({ column: { name } }) => name);
  const ignored = recipe.columns
    .map(({ name }) => name)
    .filter((name) => !targets.includes(name) && !columns.some((column) => column.name === name));
  return { rows, preparation: { columns, targets, ignored, outputs: outputNames(plan) }, ...split };
}

/** Classes, labels, or targets of a regression. */
export function outputNames({ task, targets }: Pick<Plan, 'task' | 'targets'>): string[] {
  if (task === 'classification') return targets.flatMap(({ column, source }) => categoriesOf(column, source));
  return targets.flatMap(({ column: { name, width } }) =>
    width === 1 ? [name] : Array.from({ length: width }, (_, index) => `${name}[${index}]`),
  );
}

/** The rows at these ascending places; all of them where it is null. A missing input is NaN. */
function fillRows(dataset: TableDataset, plan: Plan, places: Int32Array | null): Rows {
  const { features, areBytes, task } = plan;
  const count = places?.length ?? dataset.table.rows;
  const inputs = areBytes ? new Uint8Array(count * features) : new Float32Array(count * features);
  const targetValues =
    task === 'classification' ? 1 : plan.targets.reduce((sum, { column: { width } }) => sum + width, 0);
  const targets = task === 'classification' ? new Int32Array(count) : new Float32Array(count * targetValues);

  const needed = [...plan.inputs, ...plan.targets].map(({ index }) => index);
  let next = 0;
  for (const { first, count: groupRows, columns } of readRows(dataset, needed, true)) {
    const begin = next;
    while (next < count && (places?.[next] ?? next) < first + groupRows) next += 1;
    const placeOf = (row: number): number => (places?.[row] ?? row) - first;
    for (const input of plan.inputs)
      writeInput(input, columns[input.index]!, { begin, end: next, placeOf }, inputs, features);
    let offset = 0;
    for (const target of plan.targets) {
      writeTarget(target, columns[target.index]!, { begin, end: next, placeOf }, targets, targetValues, offset);
      offset += target.column.width;
    }
  }
  return { inputs, targets, shared: plan.shared };
}

/** Rows of the result, and where each is in the row group. */
interface Stretch {
  begin: number;
  end: number;
  placeOf: (row: number) => number;
}

function writeInput(
  { source, column: { width }, prepared, offset, read }: Plan['inputs'][number],
  values: ColumnValues,
  { begin, end, placeOf }: Stretch,
  inputs: Rows['inputs'],
  features: number,
): void {
  const isPlain = prepared.kind === 'numeric' && source.type === 'number';
  const size = encodedSize(prepared);
  for (let row = begin; row < end; row++) {
    const from = placeOf(row) * width;
    const to = row * features + offset;
    // An image at once: values are as they are, and a missing one is NaN already.
    if (isPlain && width > 1 && !prepared.hasIndicator) {
      inputs.set(values.subarray(from, from + width), to);
      continue;
    }
    let isMissing = false;
    for (let k = 0; k < width; k++) {
      const value = read(values[from + k]!);
      if (isPlain) inputs[to + k] = value;
      else encode(prepared, value, inputs, to + k * size);
      isMissing ||= Number.isNaN(value);
    }
    if (prepared.hasIndicator) inputs[to + width * size] = isMissing ? 1 : 0;
  }
}

function writeTarget(
  { column: { width }, read }: PlannedColumn,
  values: ArrayLike<number>,
  { begin, end, placeOf }: Stretch,
  targets: Rows['targets'],
  targetValues: number,
  offset: number,
): void {
  for (let row = begin; row < end; row++)
    for (let k = 0; k < width; k++) targets[row * targetValues + offset + k] = read(values[placeOf(row) * width + k]!);
}
