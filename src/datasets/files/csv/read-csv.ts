/** CSV and TSV files: a pass that finds out what the columns are, and one that reads their values. */
import type { FileProblem, Table, TextEncoding } from '../../../schemas/index.ts';
import { LIMITS } from '../../../vocabulary/index.ts';
import { TableWriter, type BufferedColumn } from '../../table/table-writer.ts';
import { decodeText, NotUtf8, readChunks, readHead } from '../bytes.ts';
import type { PartFile, ReadingContext } from '../context.ts';
import { FileDamage, naming, Problems } from '../damage.ts';
import { readDate } from '../dates.ts';
import { mendNames } from '../names.ts';
import { CellTexts, MissingWords, parseBoolean, parseNumber } from './cells.ts';
import { ColumnSurvey, type CellRules, type ColumnDecision } from './column-survey.ts';
import { codeOf, guessDialect, marksOf, type Dialect } from './dialect.ts';
import { RowScanner } from './scanner.ts';

const SAMPLE_BYTES = 256 * 1024;
/** Counting wrong rows ends there. */
const MOST_PROBLEMS = 10_000;

/** Columns of several files are matched by their names. Throws FileDamage. */
export async function readCsv(files: readonly PartFile[], context: ReadingContext): Promise<Table> {
  const { options } = context;
  const dialect = await dialectOf(files[0]!, context);
  let survey: Survey;
  try {
    survey = await surveyFiles(files, dialect, context);
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    if (options.encoding !== undefined) throw notUtf8(error);
    dialect.encoding = 'windows-1252';
    survey = await surveyFiles(files, dialect, context);
    survey.notes.push({
      line: error.line,
      message: `Line ${error.line} is not UTF-8, so the file was read as windows-1252. If names look wrong, pass encoding.`,
    });
  }
  const { rules, columns, notes } = survey;
  const writer = new TableWriter(
    columns.map(({ name, type, form }) => ({ name, type, width: 1, ...(form ? { dateForm: form.name } : {}) })),
    context.limits,
    context.sink,
  );
  for (const file of files) {
    writer.startPart(file.part);
    await writeRows(file, dialect, survey, writer, context);
  }
  const { delimiter, quote, decimal, thousands, header, encoding } = dialect;
  return writer.finish({
    format: 'csv',
    delimiter,
    quote,
    decimal,
    thousands,
    header,
    encoding,
    missing: [...rules.missing.seen],
    notes: [...dialect.notes.map((message) => ({ message })), ...notes],
  });
}

async function dialectOf(file: PartFile, { options }: ReadingContext): Promise<Dialect> {
  const head = await readHead(file.path, SAMPLE_BYTES);
  const encoding = options.encoding ?? encodingOf(head);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of decodeText(once(head), encoding)) chunks.push(Buffer.from(chunk));
  } catch (error) {
    // The whole file decides; here only ASCII matters. The sample may end within a character.
    if (!(error instanceof NotUtf8)) throw error;
    if (chunks.length === 0) chunks.push(head);
  }
  const sample = Buffer.concat(chunks);
  if (sample.includes(0)) throw binary(sample);
  const isWhole = head.length < SAMPLE_BYTES;
  const end = Math.max(sample.lastIndexOf(10), sample.lastIndexOf(13)) + 1;
  return guessDialect(isWhole || end === 0 ? sample : sample.subarray(0, end), encoding, options);
}

// oxlint-disable-next-line require-await
async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function encodingOf(head: Buffer): TextEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}

interface Survey {
  rules: CellRules;
  columns: (ColumnDecision & { name: string })[];
  /** Per file: the column of each cell; -1: of none. */
  places: Map<PartFile, Int32Array>;
  notes: FileProblem[];
}

async function surveyFiles(files: readonly PartFile[], dialect: Dialect, context: ReadingContext): Promise<Survey> {
  const rules: CellRules = {
    marks: { decimal: codeOf(dialect.decimal), thousands: codeOf(dialect.thousands) },
    texts: new CellTexts(dialect.encoding, codeOf(dialect.quote)),
    missing: new MissingWords(context.options.missing),
  };
  const notes: FileProblem[] = [];
  let names: string[] = [],
    surveys: ColumnSurvey[] = [];
  const places = new Map<PartFile, Int32Array>();
  for (const file of files) {
    const begin = (found: string[], ownNotes: FileProblem[]): Int32Array => {
      if (names.length === 0) {
        names = found;
        notes.push(...ownNotes);
        surveys = names.map(() => new ColumnSurvey(rules));
      }
      return matchColumns(found, names, file, files[0]!);
    };
    const own = await naming(file.name, files.length > 1, () =>
      surveyFile(file, dialect, rules, context, { begin, surveys: () => surveys }),
    );
    places.set(file, own);
  }
  return { rules, places, notes, ...dropNameless(names, surveys, notes, places) };
}

/** The column of each cell of a file. All files need the same ones, in any order. */
function matchColumns(found: string[], names: string[], file: PartFile, first: PartFile): Int32Array {
  const places = Int32Array.from(found, (name) => names.indexOf(name));
  const missing = names.filter((name) => !found.includes(name)),
    extra = found.filter((name) => !names.includes(name));
  if (missing.length + extra.length === 0) return places;
  const listed = [...missing.map((name) => `lacks ${name}`), ...extra.slice(0, 5).map((name) => `also has ${name}`)];
  throw new FileDamage(
    `The columns differ from those of ${first.name}: this file ${listed.slice(0, 5).join(', ')}. Files of one data set need the same columns.`,
    [...missing, ...extra].slice(0, 10).map((column) => ({
      file: file.name,
      column,
      message: missing.includes(column) ? 'The column is not in this file.' : 'The column is only in this file.',
    })),
  );
}

async function surveyFile(
  file: PartFile,
  dialect: Dialect,
  rules: CellRules,
  context: ReadingContext,
  columns: { begin(names: string[], notes: FileProblem[]): Int32Array; surveys(): ColumnSurvey[] },
): Promise<Int32Array> {
  const scanner = scannerOf(file, dialect, context);
  const problems = new Problems();
  let places: Int32Array | null = null,
    surveys: ColumnSurvey[] = [],
    rows = 0;
  try {
    while (await scanner.fill()) {
      while (scanner.next()) {
        if (places === null) {
          const notes: FileProblem[] = [];
          places = columns.begin(namesOf(scanner, dialect, rules, notes), notes);
          surveys = columns.surveys();
          if (dialect.header) continue;
        }
        rows++;
        const { bytes, starts, ends, quoting, line } = scanner;
        if (scanner.cells !== places.length && !hasExtraDelimiter(scanner, places.length)) {
          problems.add(raggedRow(scanner, places.length, dialect.header));
          if (problems.count === MOST_PROBLEMS) problems.throwIfAny();
          continue;
        }
        for (let i = 0; i < places.length; i++)
          surveys[places[i]!]!.see(bytes, starts[i]!, ends[i]!, quoting[i]!, line);
      }
    }
  } finally {
    await scanner.close();
  }
  problems.throwIfAny();
  if (places === null) throw new FileDamage('The file has no text. Write a header and rows of values into it.');
  if (rows === 0)
    throw new FileDamage('The file has a header, but no rows. If the first row is one of values, pass header=false.');
  return places;
}

function namesOf(scanner: RowScanner, dialect: Dialect, { texts }: CellRules, notes: FileProblem[]): string[] {
  if (scanner.cells > LIMITS.features)
    throw new FileDamage(`The first row has ${scanner.cells} cells; ${LIMITS.features} are possible.`);
  const cells = Array.from({ length: scanner.cells }, (_, i) => i);
  if (!dialect.header) return cells.map((i) => `column ${i + 1}`);
  const names = cells.map((i) =>
    texts.read(scanner.bytes, scanner.starts[i]!, scanner.ends[i]!, scanner.quoting[i]!).trim(),
  );
  return mendNames(names, notes);
}

const hasExtraDelimiter = ({ cells, starts, ends }: RowScanner, expected: number) =>
  cells === expected + 1 && starts[expected] === ends[expected];

function raggedRow({ cells, line }: RowScanner, expected: number, header: boolean): FileProblem {
  const message = `Line ${line} has ${cells} ${cells === 1 ? 'cell' : 'cells'}, but ${header ? 'the header' : 'the first row'} has ${expected}. Quote cells that contain the delimiter, or pass delimiter.`;
  return { line, message };
}

/** A delimiter at the end of every line makes a column without a name or values. */
function dropNameless(
  names: string[],
  surveys: ColumnSurvey[],
  notes: FileProblem[],
  places: Map<PartFile, Int32Array>,
): Pick<Survey, 'columns'> {
  const last = names.length - 1;
  if (last > 0 && names[last] === `column ${last + 1}` && surveys[last]!.isEmpty) {
    names.pop();
    for (const [i, note] of notes.entries()) if (note.column === `column ${last + 1}`) notes.splice(i, 1);
    for (const own of places.values()) own[own.indexOf(last)] = -1;
  }
  const columns = names.map((name, i) => ({ name, ...surveys[i]!.decide(name) }));
  for (const { note } of columns) if (note !== undefined) notes.push(note);
  return { columns };
}

async function writeRows(
  file: PartFile,
  dialect: Dialect,
  { rules, columns, places }: Survey,
  writer: TableWriter,
  context: ReadingContext,
): Promise<void> {
  const targets = Array.from(places.get(file)!, (place) =>
    place === -1 ? null : { ...columns[place]!, column: writer.columns[place]! },
  );
  const readers = targets.map((target) => (target === null ? null : readerOf(target, target.column, rules)));
  const scanner = scannerOf(file, dialect, context);
  try {
    let isHeader = dialect.header;
    while (await scanner.fill()) {
      while (scanner.next()) {
        if (isHeader) {
          isHeader = false;
          continue;
        }
        const { bytes, starts, ends, quoting } = scanner;
        for (let i = 0; i < readers.length; i++) readers[i]?.(bytes, starts[i]!, ends[i]!, quoting[i]!, writer.rows);
        writer.rows++;
        if (writer.isFull) await writer.flush();
      }
    }
  } finally {
    await scanner.close();
  }
}

type CellReader = (bytes: Buffer, start: number, end: number, quoting: number, row: number) => void;

/** Puts the value of a cell into its column. */
function readerOf(
  { type, form }: ColumnDecision,
  { values, dictionary }: BufferedColumn,
  { marks, texts, missing }: CellRules,
): CellReader {
  switch (type) {
    case 'number':
      return (bytes, start, end, _quoting, row) => {
        const number = start === end ? NaN : parseNumber(bytes, start, end, marks);
        values[row] = missing.hasNumber(number) ? NaN : number;
      };
    case 'text':
      return (bytes, start, end, quoting, row) => {
        const text = texts.read(bytes, start, end, quoting);
        values[row] = dictionary.add(missing.has(text) ? null : text);
      };
    case 'boolean':
      return (bytes, start, end, quoting, row) => {
        values[row] = parseBoolean(texts.read(bytes, start, end, quoting));
      };
    case 'date':
      return (bytes, start, end, quoting, row) => {
        values[row] = readDate(texts.read(bytes, start, end, quoting), form!.number);
      };
  }
}

const scannerOf = (file: PartFile, dialect: Dialect, { advance }: ReadingContext) =>
  new RowScanner(decodeText(readChunks(file.path, advance), dialect.encoding), marksOf(dialect));

function notUtf8({ line }: NotUtf8): FileDamage {
  const message = `Line ${line} is not UTF-8. Save the file as UTF-8, or pass encoding=windows-1252.`;
  return new FileDamage(message, [{ line, message }]);
}

function binary(sample: Buffer): FileDamage {
  let line = 1;
  const zero = sample.indexOf(0);
  for (let at = sample.indexOf(10); at !== -1 && at < zero; at = sample.indexOf(10, at + 1)) line++;
  const message = `Line ${line} contains a zero byte, so this is not a text file. If it is UTF-16 without a byte order mark, pass encoding=utf-16le.`;
  return new FileDamage(message, [{ line, message }]);
}
