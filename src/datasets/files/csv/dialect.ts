/** How a CSV file is written, guessed from its beginning. */
import type { ReadingOptions, TextEncoding } from '../../../schemas/index.ts';
import { FileDamage } from '../damage.ts';
import { formsOf, ALL_FORMS } from '../dates.ts';
import { CellTexts, MissingWords, parseBoolean, parseNumber, type NumberMarks } from './cells.ts';
import { RowScanner, type CellMarks } from './scanner.ts';

export interface Dialect {
  encoding: TextEncoding;
  delimiter: string;
  quote: string;
  decimal: '.' | ',';
  /** Empty for none. */
  thousands: string;
  header: boolean;
  /** What the guess could not be sure of. */
  notes: string[];
}

const SAMPLE_ROWS = 1000;
/** The less a character comes in ordinary text, the earlier it is. */
const DELIMITERS = ['\t', ';', '|', ','];

/** `sample`: the beginning of the text, without the byte order mark and in one byte per delimiter. Throws FileDamage. */
export async function guessDialect(sample: Buffer, encoding: TextEncoding, options: ReadingOptions): Promise<Dialect> {
  const quote = options.quote ?? '"';
  const { delimiter, rows } = await guessDelimiter(sample, encoding, quote, options.delimiter);
  const cells = rows.flat();
  const { decimal, thousands, notes } = guessNumbers(cells, delimiter, options);
  const marks = { decimal: decimal.charCodeAt(0), thousands: codeOf(thousands) };
  const header = options.header ?? guessHeader(rows, marks, new MissingWords(options.missing));
  return { encoding, delimiter, quote, decimal, thousands, header, notes };
}

export const marksOf = ({ delimiter, quote }: Pick<Dialect, 'delimiter' | 'quote'>): CellMarks => ({
  delimiter: codeOf(delimiter),
  quote: codeOf(quote),
});

/** -1 for none. */
export const codeOf = (character: string) => (character === '' ? -1 : character.charCodeAt(0));

/** The delimiter that divides most rows into the same number of cells. */
async function guessDelimiter(sample: Buffer, encoding: TextEncoding, quote: string, given: string | undefined) {
  let best = { delimiter: given ?? ',', rows: [] as string[][], score: -1 },
    damage: unknown = null;
  for (const delimiter of given === undefined ? DELIMITERS : [given]) {
    const rows: string[][] = [];
    try {
      await scanSample(sample, encoding, { delimiter, quote }, rows);
    } catch (error) {
      // The sample can end within a quoted cell; a wrong delimiter leaves text behind quotes.
      if (!(error instanceof FileDamage)) throw error;
      damage = error;
      if (given === undefined && rows.length < 2) continue;
    }
    const score = given === undefined ? evenness(rows) : 1;
    if (score > best.score) best = { delimiter, rows, score };
  }
  if (best.rows.length === 0 && damage !== null) throw damage;
  return best;
}

/**
 * The share of the rows that have the most common number of cells. If that is one cell, a first row of several words
 * still says a little.
 */
function evenness(rows: string[][]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [cells, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [1, 0]);
  if (cells > 1) return count / rows.length;
  return rows[0] !== undefined && rows[0].length > 1 && !rows[0].some((cell) => cell.includes(' ')) ? 1e-3 : 0;
}

async function scanSample(
  sample: Buffer,
  encoding: TextEncoding,
  dialect: Pick<Dialect, 'delimiter' | 'quote'>,
  rows: string[][],
): Promise<void> {
  const scanner = new RowScanner(once(sample), marksOf(dialect));
  const texts = new CellTexts(encoding, codeOf(dialect.quote));
  while (rows.length < SAMPLE_ROWS && (await scanner.fill()))
    while (rows.length < SAMPLE_ROWS && scanner.next())
      rows.push(
        Array.from({ length: scanner.cells }, (_, i) =>
          texts.read(scanner.bytes, scanner.starts[i]!, scanner.ends[i]!, scanner.quoting[i]!),
        ),
      );
}

// oxlint-disable-next-line require-await
async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

const SPACES = String.raw`[ \u00a0\u202f]`;
const GROUP_SPACES = /(?<=\d)[ '\u00a0\u202f](?=\d{3}(?:\D|$))/g;
/** Forms of numbers. A group of three digits can be one of thousands or the decimals. */
const FORMS = {
  dotDecimals: /^[+-]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d{3}|0\.\d{3})$/,
  commaDecimals: /^[+-]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d{3}|0,\d{3})$/,
  commaGroups: /^[+-]?\d{1,3}(,\d{3}){2,}(\.\d+)?$|^[+-]?\d{1,3},\d{3}\.\d+$/,
  dotGroups: /^[+-]?\d{1,3}(\.\d{3}){2,}(,\d+)?$|^[+-]?\d{1,3}\.\d{3},\d+$/,
  spaceGroups: new RegExp(String.raw`^[+-]?\d{1,3}(${SPACES}\d{3})+([.,]\d+)?$`),
  apostropheGroups: /^[+-]?\d{1,3}('\d{3})+([.,]\d+)?$/,
  commaEither: /^[+-]?[1-9]\d{0,2},\d{3}$/,
  dotEither: /^[+-]?[1-9]\d{0,2}\.\d{3}$/,
};

function guessNumbers(cells: string[], delimiter: string, options: ReadingOptions) {
  // With spaces or apostrophes between its thousands, a number still shows its decimals.
  const joined = cells.map((cell) => cell.replace(GROUP_SPACES, ''));
  const seen = Object.fromEntries(
    Object.entries(FORMS).map(([name, form]) => [
      name,
      cells.some((cell) => form.test(cell)) || joined.some((cell) => form.test(cell)),
    ]),
  ) as Record<keyof typeof FORMS, boolean>;
  const notes: string[] = [];
  const guessDecimal = (): '.' | ',' => {
    if (seen.dotGroups && !seen.commaGroups) return ',';
    if (seen.commaDecimals && !seen.dotDecimals && !seen.commaGroups) return ',';
    const isUnclear =
      seen.commaEither && !seen.commaGroups && !seen.dotDecimals && !seen.dotEither && delimiter !== ',';
    if (!isUnclear) return '.';
    notes.push(
      'Numbers such as 1,234 were read with a decimal comma. If it divides thousands, pass decimal=. and thousands=,',
    );
    return ',';
  };
  const decimal = options.decimal ?? guessDecimal();
  const guessThousands = (): string => {
    if (decimal === ',' && (seen.dotGroups || seen.dotEither)) return '.';
    if (decimal === '.' && (seen.commaGroups || seen.commaEither)) return ',';
    if (seen.spaceGroups) return ' ';
    return seen.apostropheGroups ? "'" : '';
  };
  return { decimal, thousands: options.thousands ?? guessThousands(), notes };
}

/**
 * The first row is a header if it has a text above numbers, dates or truth values. Where every column is text, it is one
 * if its texts are all different and come nowhere below.
 */
function guessHeader(rows: string[][], marks: NumberMarks, missing: MissingWords): boolean {
  const [first, ...others] = rows;
  if (first === undefined) return true;
  const isValue = (text: string) => {
    const bytes = Buffer.from(text);
    return (
      !Number.isNaN(parseNumber(bytes, 0, bytes.length, marks)) ||
      !Number.isNaN(parseBoolean(text)) ||
      formsOf(text, ALL_FORMS) !== 0
    );
  };
  let valueColumns = 0;
  for (const [i, name] of first.entries()) {
    const below = others.map((row) => row[i] ?? '').filter((text) => !missing.has(text));
    if (below.length === 0 || !below.every(isValue)) continue;
    valueColumns++;
    if (!missing.has(name) && !isValue(name)) return true;
  }
  if (valueColumns > 0) return false;
  if (others.length === 0) return !first.some(isValue);
  const isNew = (name: string, i: number) => !others.some((row) => row[i] === name);
  return !first.some(isValue) && new Set(first).size === first.length && first.every(isNew);
}
