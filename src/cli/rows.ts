/** Rows for a prediction, as they are in a file: JSON, JSON Lines or CSV. */

export type Rows = number[][] | Record<string, unknown>[];

/**
 * JSON: a list of rows, or `{ "inputs": [...] }`, or `{ "rows": [...] }`; a row is a list of numbers, or an object by the
 * names of columns. CSV with a line of names gives objects, and CSV of numbers alone gives lists. Throws an error with one
 * line for the user.
 */
export function readRows(text: string, source: string): Rows {
  const trimmed = text.trim();
  if (trimmed === '') throw new Error(`${source} is empty.`);
  const given = /^[[{]/.test(trimmed) ? fromJson(trimmed, source) : fromCsv(trimmed, source);
  const isList = Array.isArray(given[0]);
  if (
    given.length === 0 ||
    !given.every((row) => typeof row === 'object' && row !== null && Array.isArray(row) === isList)
  )
    throw new Error(`${source} must hold rows: lists of numbers, or objects by the names of columns.`);
  return given as Rows;
}

function fromJson(text: string, source: string): unknown[] {
  const whole = tryParse(text);
  if (whole !== undefined) {
    if (Array.isArray(whole)) return whole.length === 0 || typeof whole[0] === 'object' ? whole : [whole];
    const { inputs, rows } = whole as { inputs?: unknown; rows?: unknown };
    if (Array.isArray(inputs)) return inputs;
    return Array.isArray(rows) ? rows : [whole];
  }
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const row = tryParse(line);
    if (row === undefined) throw new Error(`Line ${i + 1} of ${source} is not valid JSON.`);
    return [row];
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fromCsv(text: string, source: string): unknown[] {
  const lines = readCsv(text, source);
  const [first = [], ...rest] = lines;
  if (isNumbers(first)) return lines.map((line) => line.map(Number));
  return rest.map((line) => Object.fromEntries(first.map((name, i) => [name, cellOf(line[i] ?? '')])));
}

const isNumbers = (line: readonly string[]) =>
  line.every((cell) => cell.trim() !== '' && Number.isFinite(Number(cell)));

/** The cells of each line (RFC 4180), between the one of comma, semicolon and tab that the first line has most of. */
function readCsv(text: string, source: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '');
  const head = (/^[^\r\n]*/.exec(plain)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (delimiter: string) => head.split(delimiter).length;
  const delimiter = [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
  const lines: string[][] = [[]];
  const cell = new RegExp(
    String.raw`(?:"((?:[^"]|"")*)"|([^"${delimiter}\r\n][^${delimiter}\r\n]*|))(${delimiter}|\r?\n|$)`,
    'y',
  );
  while (cell.lastIndex < plain.length) {
    const at = cell.lastIndex;
    const found = cell.exec(plain);
    if (!found)
      throw new Error(
        `${source} is not valid CSV: a quote in line ${plain.slice(0, at).split('\n').length} is not closed.`,
      );
    const [, quoted, bare = '', end = ''] = found;
    lines.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end.endsWith('\n')) lines.push([]);
    else if (end === delimiter && cell.lastIndex === plain.length) lines.at(-1)?.push('');
  }
  return lines.filter((line) => line.length > 1 || (line[0] ?? '') !== '');
}

/** `007` is a name, not the number 7. */
function cellOf(cell: string): string | number | null {
  if (cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) && /^-?(?:0|[1-9]\d*)?(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(cell) ? value : cell;
}
