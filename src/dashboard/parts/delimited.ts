/** Rows that were pasted, from a file or from a spreadsheet; and rows to be saved. */

const DELIMITERS = ['\t', ';', ','] as const;

/**
 * The cells of a text, by RFC 4180: quoted cells may hold delimiters, line ends and doubled quotes. The delimiter is the
 * first of tab, semicolon and comma that the first line has outside quotes. Empty lines are left out.
 */
export function readDelimited(text: string): string[][] {
  const content = text.replace(/^\uFEFF/, '');
  const firstLine =
    /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(content.trimStart())?.[0].replaceAll(/"(?:[^"]|"")*"/g, '') ?? '';
  const delimiter = DELIMITERS.find((one) => firstLine.includes(one)) ?? ',';
  const rows: string[][] = [];
  let row: string[] = [],
    at = 0;
  const endRow = () => {
    if (row.length > 1 || row[0]?.trim()) rows.push(row);
    row = [];
  };
  while (at < content.length) {
    const { cell, end } = readCell(content, at, delimiter);
    row.push(cell);
    at = end;
    if (content[at] === delimiter) {
      at++;
      // A delimiter at the very end is followed by one more, empty cell.
      if (at === content.length) row.push('');
      continue;
    }
    if (content[at] === '\r') at++;
    if (content[at] === '\n') at++;
    endRow();
  }
  endRow();
  return rows;
}

/** From the start of a cell to the delimiter or line end after it. */
function readCell(text: string, start: number, delimiter: string): { cell: string; end: number } {
  let cell = '',
    at = start;
  if (text[at] === '"') {
    for (at++; at < text.length; at++) {
      if (text[at] !== '"') cell += text[at];
      else if (text[at + 1] === '"') cell += text[at++];
      else break;
    }
    at++;
  }
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') cell += text[at++];
  return { cell, end: Math.min(at, text.length) };
}

/** Comma-separated, with CRLF as RFC 4180 has it. */
export const writeCsv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');

function cellOf(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
