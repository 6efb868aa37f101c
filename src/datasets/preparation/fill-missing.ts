/** What stands for missing values: fitted on the training rows alone, and written into the inputs. */
import { encodedSize, valueInputs, type Fill, type PreparedColumn } from '../../vocabulary/index.ts';
import { encode } from './column-values.ts';
import type { PlannedInput } from './plan.ts';

/** Rows of inputs, [rows, features], in which a missing value is NaN and indicators are written. */
export interface UnfilledRows {
  inputs: Float32Array;
  features: number;
  trainIndices: Int32Array;
}

/**
 * Replaces every NaN of the column's inputs. Returns the column as predictions need it, with the numbers that stand for a
 * missing value; without them where the recipe leaves out rows that miss it.
 */
export function fillColumn({ prepared, column, offset }: PlannedInput, rows: UnfilledRows): PreparedColumn {
  if (column.fill === undefined || column.fill === 'drop') return prepared;
  const fill = fitFill(prepared, column.fill, offset, rows);
  const { inputs, features } = rows;
  for (let start = offset; start < inputs.length; start += features)
    for (let k = 0; k < fill.length; k++) if (Number.isNaN(inputs[start + k])) inputs[start + k] = fill[k]!;
  return { ...prepared, fill };
}

function fitFill(column: PreparedColumn, fill: Exclude<Fill, 'drop'>, offset: number, rows: UnfilledRows): number[] {
  const inputs = valueInputs(column);
  if (typeof fill === 'object') return encodeFill(column, fill.value);
  const isOneHot = column.kind === 'categorical' && column.encoding !== 'ordered';
  // No category is a value of its own, which the indicator names.
  if (isOneHot && fill === 'indicator') return Array<number>(inputs).fill(0);
  if (isOneHot) return commonestCategory(column, offset, rows);
  return Array.from({ length: inputs }, (_, k) => {
    const known = valuesOf(offset + k, rows);
    if (known.length === 0) return 0;
    switch (fill) {
      case 'mean':
      case 'indicator':
        return Math.fround(meanOf(known));
      case 'median':
        return medianOf(known);
      case 'mode':
        return modeOf(known);
    }
  });
}

/** A value as the recipe names it: a number, a category, or a date. */
function encodeFill(column: PreparedColumn, value: number | string): number[] {
  const size = encodedSize(column);
  const encoded = Array<number>(size).fill(0);
  encode(column, readFill(column, value), encoded, 0);
  const one = encoded.map((number) => Math.fround(Number.isNaN(number) ? 0 : number));
  return Array.from({ length: column.width * size }, (_, k) => one[k % size]!);
}

function readFill({ kind, categories = [] }: PreparedColumn, value: number | string): number {
  switch (kind) {
    case 'categorical':
      return categories.includes(String(value)) ? categories.indexOf(String(value)) : NaN;
    case 'boolean':
      return Number(categories.indexOf(String(value)) === 1 || value === 'true' || value === 1);
    case 'date':
      return typeof value === 'number' ? value : Date.parse(value);
    case 'numeric':
      return Number(value);
  }
}

/** Those of one input that are not missing, over the training rows. */
function valuesOf(input: number, { inputs, features, trainIndices }: UnfilledRows): Float32Array {
  return Float32Array.from(trainIndices, (row) => inputs[row * features + input]!).filter(
    (value) => !Number.isNaN(value),
  );
}

/** One-hot; a missing value is NaN in all of them. The first one of several that are equally frequent. */
function commonestCategory(
  column: PreparedColumn,
  offset: number,
  { inputs, features, trainIndices }: UnfilledRows,
): number[] {
  const counts = Array<number>(encodedSize(column)).fill(0);
  for (const row of trainIndices)
    for (let k = 0; k < counts.length; k++) if (inputs[row * features + offset + k] === 1) counts[k]! += 1;
  const commonest = counts.indexOf(Math.max(...counts));
  return counts.map((_, k) => (k === commonest ? 1 : 0));
}

/** As a difference from the first value, which does not lose digits far from zero. */
function meanOf(values: Float32Array): number {
  const first = values[0]!;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Of an even number of values, the mean of the two in the middle. */
function medianOf(values: Float32Array): number {
  const sorted = values.toSorted();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : Math.fround((sorted[middle - 1]! + sorted[middle]!) / 2);
}

/** The smallest one of several that are equally frequent. */
function modeOf(values: Float32Array): number {
  const sorted = values.toSorted();
  let [mode, most, first] = [sorted[0]!, 0, 0];
  for (let i = 1; i <= sorted.length; i++) {
    if (sorted[i] === sorted[first]) continue;
    if (i - first > most) [mode, most] = [sorted[first]!, i - first];
    first = i;
  }
  return mode;
}
