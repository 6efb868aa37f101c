import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { fileOf, metricsTable, seriesTable, type ExportTable } from '../../src/exports/index.ts';
import type { TableFormat } from '../../src/vocabulary/index.ts';

const bytesOf = async (table: ExportTable, format: TableFormat) =>
  buffer(fileOf(table, format, 'x').bytes as AsyncIterable<Uint8Array>);
const arrayBufferOf = async (table: ExportTable): Promise<ArrayBuffer> =>
  Uint8Array.from(await bytesOf(table, 'parquet')).buffer;

const TEXTS = ['plain', '', 'a,b', 'say "hi"', 'two\r\nlines', '=1+1', '+1', '-1', '@x', '\tt', 'für 💡'];
const texts = (): ExportTable => ({
  columns: [
    { name: 'text', type: 'text' },
    { name: 'number', type: 'number' },
    { name: 'count', type: 'integer' },
    { name: 'at', type: 'time' },
    { name: 'flag', type: 'boolean' },
    { name: 'list', type: 'json' },
  ],
  batches: (async function* () {
    yield [
      TEXTS,
      TEXTS.map((_, i) => (i === 0 ? null : i === 1 ? undefined : i === 2 ? -1e-300 : -i / 3)),
      TEXTS.map((_, i) => i - 5),
      TEXTS.map(() => '2026-11-28T10:00:00.123Z'),
      TEXTS.map((_, i) => i % 2 === 0),
      TEXTS.map((_, i) => [i, 'x']),
    ];
  })(),
});

const empty = () => seriesTable({});

describe('a table', () => {
  it('is CSV by RFC 4180 that no spreadsheet takes for formulas', async () => {
    const text = (await bytesOf(texts(), 'csv')).toString();
    assert.ok(
      text.startsWith('text,number,count,at,flag,list\r\nplain,,-5,2026-11-28T10:00:00.123Z,true,"[0,""x""]"\r\n'),
      text,
    );
    const rows = parse(text, { columns: true }) as Record<string, string>[];
    assert.deepEqual(
      rows.map((row) => row['text']),
      ['plain', '', 'a,b', 'say "hi"', 'two\r\nlines', `'=1+1`, `'+1`, `'-1`, `'@x`, `'\tt`, 'für 💡'],
    );
    assert.deepEqual(
      rows.map((row) => row['number']).slice(0, 4),
      ['', '', '-1e-300', '-1'],
      'negative numbers stay numbers',
    );
  });

  it('is JSON Lines with exact values', async () => {
    const rows = (await bytesOf(texts(), 'jsonl'))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    assert.equal(rows.length, TEXTS.length);
    assert.deepEqual(rows[0], {
      text: 'plain',
      number: null,
      count: -5,
      at: '2026-11-28T10:00:00.123Z',
      flag: true,
      list: [0, 'x'],
    });
    assert.ok(!('number' in rows[1]!), 'what a row does not have is left out');
    assert.deepEqual(
      rows.map((row) => (row as { text: string }).text),
      TEXTS,
    );
  });

  it('is Parquet with typed columns', async () => {
    const file = await arrayBufferOf(texts());
    const rows = await parquetReadObjects({ file });
    assert.deepEqual(
      rows.map(({ text }) => text as string),
      TEXTS,
    );
    assert.deepEqual(rows[2], {
      text: 'a,b',
      number: -1e-300,
      count: -3n,
      at: new Date('2026-11-28T10:00:00.123Z'),
      flag: true,
      list: [2, 'x'],
    });
    assert.deepEqual(
      [rows[0]?.['number'], rows[1]?.['number']].map((value) => value ?? null),
      [null, null],
    );
    const { created_by } = parquetMetadata(file);
    assert.match(created_by ?? '', /relumine/);
  });

  it('of any length is written in groups, with the same rows in every format', async () => {
    const count = 200_000;
    const table = () =>
      metricsTable({
        keys: ['loss', 'valLoss'],
        batches: (async function* () {
          for (let from = 0; from < count; from += 5000) {
            const steps = Array.from({ length: 5000 }, (_, i) => from + i);
            yield {
              steps,
              values: [
                steps.map((step) => 1 / (step + 1)),
                steps.map((step) => (step % 100 === 99 ? step : undefined)),
              ],
            };
          }
        })(),
      });
    const file = await arrayBufferOf(table());
    const { row_groups: groups, num_rows: rows } = parquetMetadata(file);
    assert.deepEqual(
      [Number(rows), groups.map(({ num_rows: size }) => Number(size))],
      [count, [65_536, 65_536, 65_536, 3392]],
    );
    const back = await parquetReadObjects({ file });
    assert.equal(back.length, count);
    const lines = (await bytesOf(table(), 'csv')).toString().split('\r\n');
    for (const step of [0, 99, 65_535, 65_536, 199_999]) {
      const validated = step % 100 === 99 ? step : null;
      assert.deepEqual(
        { ...back[step], valLoss: back[step]?.['valLoss'] ?? null },
        { step: BigInt(step), loss: 1 / (step + 1), valLoss: validated },
      );
      assert.equal(lines[step + 1], `${step},${1 / (step + 1)},${validated ?? ''}`);
    }
  });

  it('without rows is a file all the same', async () => {
    assert.equal((await bytesOf(empty(), 'csv')).toString(), 'step\r\n');
    assert.equal((await bytesOf(empty(), 'jsonl')).toString(), '');
    assert.deepEqual(await parquetReadObjects({ file: await arrayBufferOf(empty()) }), []);
  });

  it('of series that were downsampled has a row for each of their steps', async () => {
    const table = seriesTable({
      loss: { steps: [0, 5], values: [1, null] },
      valLoss: { steps: [5, 9], values: [2, 3] },
    });
    assert.equal((await bytesOf(table, 'csv')).toString(), 'step,loss,valLoss\r\n0,1,\r\n5,,2\r\n9,,3\r\n');
  });
});
