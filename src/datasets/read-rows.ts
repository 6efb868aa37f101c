/** Rows of numbers, as they came in JSON, to a table and its row groups. */
import type { PackedRows, ReadingLimits, ReadingSink, Table } from '../schemas/index.ts';
import { FileDamage } from './files/damage.ts';
import { TableWriter, TooManyValues, type BufferedColumn, type ColumnPlan } from './table/table-writer.ts';

/** Throws FileDamage where there are more values than the limits allow. */
export async function readRows(
  { count, columns, values }: PackedRows,
  limits: ReadingLimits,
  sink: ReadingSink,
): Promise<Table> {
  const plans = columns.map(({ name, role, width, classNames }): ColumnPlan => ({
    name,
    type: classNames ? 'text' : 'number',
    width,
    suggestedRole: role,
    ...(width > 1 && { shape: [width] }),
    ...(classNames && { dictionary: classNames }),
  }));
  const writer = new TableWriter(plans, limits, sink);
  try {
    let place = 0;
    for (let row = 0; row < count; row++) {
      if (writer.isFull) await writer.flush();
      for (const column of writer.columns) {
        const { width } = column.plan;
        write(column, writer.rows, values, place);
        place += width;
      }
      writer.rows += 1;
    }
    return await writer.finish({ format: 'json', notes: [] });
  } catch (error) {
    if (error instanceof TooManyValues) throw new FileDamage(error.message, undefined, { cause: error });
    throw error;
  }
}

function write({ plan, values, dictionary }: BufferedColumn, row: number, given: Float64Array, place: number): void {
  const { width, dictionary: texts } = plan;
  if (texts) values[row] = dictionary.add(texts[given[place]!] ?? null);
  else if (width === 1) values[row] = given[place]!;
  else values.set(given.subarray(place, place + width), row * width);
}
