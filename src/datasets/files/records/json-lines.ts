/** JSON Lines: an object per line, whose properties are the columns. */
import type { FileProblem, Table } from '../../../schemas/index.ts';
import { LIMITS } from '../../../vocabulary/index.ts';
import { TableWriter } from '../../table/table-writer.ts';
import { decodeText, NotUtf8, readChunks } from '../bytes.ts';
import type { PartFile, ReadingContext } from '../context.ts';
import { MissingWords } from '../csv/cells.ts';
import { FileDamage, naming, Problems } from '../damage.ts';
import { ValueColumn } from './value-column.ts';

const MOST_LINE_BYTES = 16 * 1024 * 1024;
const MOST_DEPTH = 10;

/** Nested objects are flattened to names such as a.b. A property that a line lacks is missing. Throws FileDamage. */
export async function readJsonLines(files: readonly PartFile[], context: ReadingContext): Promise<Table> {
  const missing = new MissingWords(context.options.missing),
    columns = new Map<string, ValueColumn>(),
    notes: FileProblem[] = [];
  for (const file of files)
    await naming(file.name, files.length > 1, () => surveyFile(file, columns, missing, context));
  const used = [...columns.values()].map((column) => column.decide(notes)).filter((column) => column !== null);
  if (used.length === 0)
    throw new FileDamage('No column of the file can be used: there are no numbers, texts or dates.');
  const writer = new TableWriter(
    used.map(({ plan }) => plan),
    context.limits,
    context.sink,
  );
  const numbers = new Map(used.map(({ plan }, i) => [plan.name, i]));
  for (const file of files) {
    writer.startPart(file.part);
    const seen = new Uint8Array(used.length);
    for await (const { text } of linesOf(file, context)) {
      seen.fill(0);
      flatten(JSON.parse(text), '', 0, (name, value) => {
        const number = numbers.get(name);
        if (number === undefined) return;
        seen[number] = 1;
        used[number]!.write(value, writer.columns[number]!, writer.rows);
      });
      for (const [i, { write }] of used.entries()) if (seen[i] === 0) write(null, writer.columns[i]!, writer.rows);
      writer.rows++;
      if (writer.isFull) await writer.flush();
    }
  }
  return writer.finish({ format: 'jsonLines', missing: [...missing.seen], notes });
}

async function surveyFile(
  file: PartFile,
  columns: Map<string, ValueColumn>,
  missing: MissingWords,
  context: ReadingContext,
): Promise<void> {
  const problems = new Problems();
  let rows = 0,
    shape: 'list' | 'object' | null = null;
  try {
    for await (const { text, number } of linesOf(file, context)) {
      const value = parseLine(text, number, problems);
      if (value === undefined) continue;
      const own = Array.isArray(value) ? 'list' : 'object';
      shape ??= own;
      if (own !== shape) {
        const message = `Line ${number} is a JSON ${own}, but the lines before are ${shape}s. All lines need the same shape.`;
        throw new FileDamage(message, [{ line: number, message }]);
      }
      rows++;
      flatten(value, '', 0, (name, item) => {
        let column = columns.get(name);
        if (column === undefined) {
          if (columns.size === LIMITS.features)
            throw new FileDamage(`There are more than ${LIMITS.features.toLocaleString('en')} different names.`);
          columns.set(name, (column = new ValueColumn(name, missing)));
        }
        column.see(item, number);
      });
    }
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    const message = `Line ${error.line} is not UTF-8, which JSON has to be. Save the file as UTF-8.`;
    throw new FileDamage(message, [{ line: error.line, message }], { cause: error });
  }
  problems.throwIfAny();
  if (rows === 0) throw new FileDamage('The file has no lines. Write one JSON object per line into it.');
}

/** The object or list of a line; undefined, and a problem, if it is something else. Throws FileDamage for a whole array. */
function parseLine(text: string, line: number, problems: Problems): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (line === 1 && /^\s*\[\s*(\{.*)?$/.test(text)) throw oneArray();
    if (line === 1 && /^\s*\{\s*$/.test(text)) throw spreadObject();
    problems.add({ line, message: `Line ${line} is not JSON: ${(error as Error).message}.` });
    return undefined;
  }
  if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null && !Array.isArray(item)))
    throw oneArray();
  if (typeof value === 'object' && value !== null) return value;
  const message = `Line ${line} is ${value === null ? 'null' : `a ${typeof value}`}, not an object such as {"x": 1, "y": 2}.`;
  problems.add({ line, message });
  return undefined;
}

const oneArray = () =>
  new FileDamage(
    'The file is one JSON array. Write one object per line, without brackets around and commas between them.',
  );
const spreadObject = () =>
  new FileDamage('The file is one JSON object over several lines. Write each row as an object on a line of its own.');

/** Calls `visit` for every value; the items of a line that is a list are column 1, column 2 and so on. */
function flatten(value: unknown, name: string, depth: number, visit: (name: string, value: unknown) => void): void {
  if (depth === 0 && Array.isArray(value)) {
    for (const [i, item] of value.entries()) visit(`column ${i + 1}`, item);
    return;
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || depth === MOST_DEPTH) {
    visit(name, value);
    return;
  }
  for (const [key, item] of Object.entries(value))
    flatten(item, depth === 0 ? key : `${name}.${key}`, depth + 1, visit);
}

/** The lines that are not blank, with their numbers from 1. Throws FileDamage for one that is too long. */
async function* linesOf(file: PartFile, { advance }: ReadingContext): AsyncGenerator<{ text: string; number: number }> {
  let rest: Buffer = Buffer.alloc(0),
    number = 0;
  for await (const chunk of decodeText(readChunks(file.path, advance), 'utf-8')) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      number++;
      const text = bytes.toString('utf8', start, end).trim();
      start = end + 1;
      if (text !== '') yield { text, number };
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > MOST_LINE_BYTES) {
      const message = `Line ${number + 1} is longer than 16 MiB.`;
      throw new FileDamage(message, [{ line: number + 1, message }]);
    }
  }
  const text = rest.toString('utf8').trim();
  if (text !== '') yield { text, number: number + 1 };
}
