/** From the inputs of a network back to the values of its columns, as people read them. */
import {
  encodedSize,
  inputsOf,
  type PreparedColumn,
  type Preparation,
  type SampleValue,
} from '../../vocabulary/index.ts';

const DAY_MS = 86_400_000;

/**
 * The columns of one row of inputs. A missing value that an indicator tells of is null; one that was filled is what it was
 * filled with. Cycles of a date cannot be told apart from other dates with the same ones, and stay numbers.
 */
export function describeRow(
  { columns }: Pick<Preparation, 'columns'>,
  inputs: ArrayLike<number>,
): Record<string, SampleValue> {
  const row: Record<string, SampleValue> = {};
  let next = 0;
  for (const column of columns) {
    const end = next + inputsOf(column);
    const isMissing = column.hasIndicator && inputs[end - 1] === 1;
    row[column.name] = isMissing ? null : valueOf(column, inputs, next);
    next = end;
  }
  return row;
}

function valueOf(column: PreparedColumn, inputs: ArrayLike<number>, first: number): SampleValue {
  const { kind, width, encoding, categories = [] } = column;
  const size = encodedSize(column);
  const numbers = Array.from({ length: width * size }, (_, k) => shortest(inputs[first + k]!));
  if (numbers.length > 1 && !(kind === 'categorical' && width === 1)) return numbers;
  const value = numbers[0] ?? 0;
  if (kind === 'categorical')
    return (encoding === 'ordered' ? categories[value] : categories[numbers.indexOf(1)]) ?? null;
  if (kind === 'boolean') return categories[value] ?? (value === 0 ? 'false' : 'true');
  return kind === 'date' ? new Date(Math.round(value * DAY_MS)).toISOString() : value;
}

/** The float32 number in as many digits as tell it from its neighbours. */
const shortest = (value: number): number => Number(value.toPrecision(8));
