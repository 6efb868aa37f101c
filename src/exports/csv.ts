/**
 * CSV by RFC 4180: a line of names, then one line per row, ended by CR LF. Empty: no value, or one that is not finite.
 *
 * A spreadsheet takes a text that begins with one of `= + - @`, a tab or a carriage return for a formula. Such a text
 * gets an apostrophe in front, as OWASP advises for "CSV injection". Numbers, times and names of columns of the service
 * itself are as they are.
 */
import type { Cell, CellType, ExportTable } from './table.ts';

export async function* csvOf({ columns, batches }: ExportTable): AsyncGenerator<string> {
  yield lineOf(columns.map(({ name }) => quoted(harmless(name))));
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    let text = '';
    for (let row = 0; row < rows; row += 1) text += lineOf(columns.map(({ type }, i) => cellOf(batch[i]?.[row], type)));
    if (text !== '') yield text;
  }
}

const lineOf = (cells: readonly string[]) => `${cells.join(',')}\r\n`;

function cellOf(value: Cell, type: CellType): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return type === 'time' ? value : quoted(harmless(value));
  return quoted(JSON.stringify(value));
}

const harmless = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
