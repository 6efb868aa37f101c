/** NPY, NPZ and IDX: arrays that belong together, one row of each per sample. */
import type { DataFile, FileFormat, Table, TablePart } from '../../../schemas/index.ts';
import { TABLE_PARTS } from '../../../schemas/table.ts';
import { LIMITS } from '../../../vocabulary/index.ts';
import { TableWriter, type ColumnPlan } from '../../table/table-writer.ts';
import type { ReadingContext } from '../context.ts';
import { FileDamage, naming } from '../damage.ts';
import { partIn } from '../parts.ts';
import { ArrayFile, type ArrayHeader } from './array-file.ts';
import { isClassNames, readClassNames, withNames } from './class-names.ts';
import { readIdxHeader } from './idx.ts';
import { readNpyHeader } from './npy.ts';

/** The columns of a single array can be chosen one by one if they are not more. */
const MOST_COLUMNS = 1000;
const READ_BYTES = 4 * 1024 * 1024;

type ArrayFormat = Extract<FileFormat, 'npy' | 'npz' | 'idx'>;

/** Throws FileDamage. */
export async function readArrays(
  files: readonly DataFile[],
  format: ArrayFormat,
  context: ReadingContext,
): Promise<Table> {
  const namesFile = files.find(isClassNames);
  const classNames = namesFile && (await readClassNames(namesFile));
  const arrays: ArrayFile[] = [];
  try {
    for (const file of files)
      if (file !== namesFile)
        arrays.push(await naming(file.name, files.length > 1, () => openArray(file, format, context, classNames)));
    for (const { name, width } of arrays)
      if (width > LIMITS.features)
        throw new FileDamage(
          `${name} has ${width.toLocaleString('en')} values per row; ${LIMITS.features.toLocaleString('en')} are possible.`,
        );
    const parts = groupArrays(arrays, format);
    const [only] = arrays;
    if (
      arrays.length === 1 &&
      format === 'npy' &&
      only!.width > 1 &&
      only!.width <= MOST_COLUMNS &&
      only!.rowShape.length === 1
    )
      return await writeApart(only!, context);
    return await writeTogether(parts, format, context, classNames);
  } finally {
    for (const array of arrays) await array.close();
  }
}

async function openArray(
  file: DataFile,
  format: ArrayFormat,
  { advance }: ReadingContext,
  classNames: readonly string[] | undefined,
): Promise<ArrayFile> {
  const header: ArrayHeader = format === 'idx' ? await readIdxHeader(file.path) : await readNpyHeader(file.path);
  const areLabels = format === 'idx' && header.shape.length === 1;
  const named = areLabels && classNames ? withNames(header, classNames, file.name) : header;
  return ArrayFile.open(file.path, file.name, named, advance);
}

interface ArrayPart {
  part: TablePart;
  arrays: { column: string; array: ArrayFile }[];
}

/** The arrays of each part have the same columns in the same order, and as many rows as each other. Throws FileDamage. */
function groupArrays(arrays: readonly ArrayFile[], format: ArrayFormat): ArrayPart[] {
  const named = arrays.map((array) => {
    const found = partIn(stem(array.name));
    return {
      array,
      part: found?.part ?? null,
      column: format === 'idx' ? idxColumn(array) : found?.rest || stem(array.name),
    };
  });
  const stray = named.find(({ part }) => part === null);
  if (stray !== undefined && named.some(({ part }) => part !== null))
    throw new FileDamage(
      `${stray.array.name} does not say whether it is for training, validation or test, but other arrays do. Put train, val or test into every name.`,
    );
  const parts = TABLE_PARTS.map((part) => ({ part, arrays: named.filter((one) => (one.part ?? 'train') === part) }))
    .filter(({ arrays }) => arrays.length > 0)
    .map(({ part, arrays }) => ({ part, arrays: arrays.toSorted((a, b) => rankOf(a.column) - rankOf(b.column)) }));
  for (const { arrays } of parts) checkTogether(arrays);
  checkParts(parts);
  return parts;
}

/** Throws FileDamage if two arrays would be the same column, or differ in their rows. */
function checkTogether(arrays: ArrayPart['arrays']): void {
  const [first, ...others] = arrays;
  for (const { array } of others)
    if (array.rows !== first!.array.rows) {
      const message = `${first!.array.name} has ${first!.array.rows.toLocaleString('en')} rows, but ${array.name} has ${array.rows.toLocaleString('en')}. Arrays of one part need a row per sample.`;
      throw new FileDamage(message, [{ file: array.name, message }]);
    }
  for (const [i, { column, array }] of arrays.entries()) {
    const same = arrays.slice(0, i).find((other) => other.column === column);
    if (same !== undefined)
      throw new FileDamage(
        `${same.array.name} and ${array.name} both look like ${column}. Send images and labels, with train or test in their names.`,
      );
  }
}

/** Throws FileDamage if the parts have other columns than the first one. */
function checkParts([first, ...others]: readonly ArrayPart[]): void {
  for (const { part, arrays } of others) {
    const columns = arrays.map(({ column }) => column);
    const expected = first!.arrays.map(({ column }) => column);
    if (columns.join() !== expected.join())
      throw new FileDamage(
        `The ${part} part has ${columns.join(', ')}, but the ${first!.part} part has ${expected.join(', ')}.`,
      );
    for (const [i, { array }] of arrays.entries()) {
      const model = first!.arrays[i]!.array;
      if (array.width !== model.width || array.type !== model.type)
        throw new FileDamage(
          `${array.name} has ${array.width} values of type ${array.type} per row, but ${model.name} has ${model.width} of type ${model.type}.`,
        );
    }
  }
}

const stem = (name: string) => name.replace(/^.*\//, '').replace(/\.(npy|npz|idx|gz|bin)$/i, '');
const idxColumn = ({ rowShape, areBytes }: ArrayFile) => (rowShape.length === 0 ? 'label' : areBytes ? 'pixels' : 'x');

const TARGET_NAMES = /^(y|labels?|targets?|class|classes|outputs?)$/i;
const INPUT_NAMES = /^(x|images?|pixels|data|features|inputs?)$/i;
/** Inputs first, targets last. */
const rankOf = (column: string) => (INPUT_NAMES.test(column) ? 0 : TARGET_NAMES.test(column) ? 2 : 1);

function roleOf(column: string): Pick<ColumnPlan, 'suggestedRole'> {
  if (TARGET_NAMES.test(column)) return { suggestedRole: 'target' };
  return INPUT_NAMES.test(column) ? { suggestedRole: 'input' } : {};
}

async function writeTogether(
  parts: readonly ArrayPart[],
  format: ArrayFormat,
  context: ReadingContext,
  classNames: readonly string[] | undefined,
): Promise<Table> {
  const plans = parts[0]!.arrays.map(({ column, array }) => {
    const areBytes = parts.every((part) => part.arrays.find((one) => one.column === column)!.array.areBytes);
    const order = array.type === 'text' && classNames ? { order: classNames } : {};
    return { ...array.planAs(column), areBytes, ...order, ...roleOf(column) };
  });
  const writer = new TableWriter(plans, context.limits, context.sink);
  for (const { part, arrays } of parts) {
    writer.startPart(part);
    await writeRows(arrays[0]!.array.rows, arrays, writer, async (first, count) => {
      for (const [i, { array }] of arrays.entries())
        await array.readRows(first, count, writer.columns[i]!, writer.rows);
    });
  }
  return writer.finish({ format, notes: [] });
}

/** A single table of numbers: any of its columns can be the target. */
async function writeApart(array: ArrayFile, context: ReadingContext): Promise<Table> {
  const { areBytes, type, width } = array;
  const plans = Array.from({ length: width }, (_, i) => ({ name: `column ${i + 1}`, type, width: 1, areBytes }));
  const writer = new TableWriter(plans, context.limits, context.sink);
  await writeRows(array.rows, [{ array }], writer, (first, count) =>
    array.readRowsApart(first, count, writer.columns, writer.rows),
  );
  return writer.finish({ format: 'npy', notes: [] });
}

async function writeRows(
  rows: number,
  arrays: readonly { array: ArrayFile }[],
  writer: TableWriter,
  read: (first: number, count: number) => Promise<void>,
): Promise<void> {
  const rowBytes = Math.max(...arrays.map(({ array }) => array.rowBytes));
  const most = Math.max(1, Math.floor(READ_BYTES / rowBytes));
  for (let first = 0; first < rows;) {
    const count = Math.min(rows - first, writer.room, most);
    await read(first, count);
    writer.rows += count;
    first += count;
    if (writer.isFull) await writer.flush();
  }
}
