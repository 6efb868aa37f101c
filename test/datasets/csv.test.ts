/** CSV files as people have them, read with nothing prepared by hand. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CellTexts, parseNumber } from '../../src/datasets/files/csv/cells.ts';
import { RowScanner } from '../../src/datasets/files/csv/scanner.ts';
import type { ReadingOptions } from '../../src/schemas/index.ts';
import { readGiven } from '../support/data-files.ts';

const readText = (content: string | Uint8Array, options?: ReadingOptions) =>
  readGiven({ name: 'data.csv', content }, options);

describe('a CSV file', () => {
  it('has numbers, categories, truth values, dates and missing values', async () => {
    const { table, values } = await readText(
      [
        'species,island,bill_length_mm,sex,banded,seen',
        'Adelie,Torgersen,39.1,male,yes,2007-11-11',
        'Adelie,Torgersen,NA,NA,no,2007-11-12',
        '"Gentoo",Biscoe,46.1,female,yes,',
        'Chinstrap,"Dream, north",50,,NA,2009-01-31',
      ].join('\n'),
    );
    assert.deepEqual(values, {
      species: ['Adelie', 'Adelie', 'Gentoo', 'Chinstrap'],
      island: ['Torgersen', 'Torgersen', 'Biscoe', 'Dream, north'],
      bill_length_mm: [39.1, null, 46.1, 50],
      sex: ['male', null, 'female', null],
      banded: [1, 0, 1, null],
      seen: [Date.UTC(2007, 10, 11), Date.UTC(2007, 10, 12), null, Date.UTC(2009, 0, 31)],
    });
    assert.deepEqual(
      table.columns.map(({ name, type, profile }) => [name, type, profile.kind, profile.missing, profile.distinct]),
      [
        ['species', 'text', 'categorical', 0, 3],
        ['island', 'text', 'categorical', 0, 3],
        ['bill_length_mm', 'number', 'numeric', 1, 3],
        ['sex', 'text', 'categorical', 2, 2],
        ['banded', 'boolean', 'boolean', 1, 2],
        ['seen', 'date', 'date', 1, 3],
      ],
    );
    assert.deepEqual(table.reading, {
      format: 'csv',
      delimiter: ',',
      quote: '"',
      decimal: '.',
      thousands: '',
      header: true,
      encoding: 'utf-8',
      missing: ['NA'],
      notes: [],
    });
    assert.deepEqual(table.parts, [{ name: 'train', rows: 4 }]);
    assert.deepEqual(table.firstRows[2], ['Gentoo', 'Biscoe', 46.1, 'female', true, null]);
  });

  it('may have semicolons, decimal commas, points between thousands and Windows line ends', async () => {
    const { table, values } = await readText(
      'Stadt;Fläche;Einwohner\r\nKöln;405,02;1.073.096\r\nUlm;118,69;128.928\r\n',
    );
    assert.deepEqual(values, { Stadt: ['Köln', 'Ulm'], Fläche: [405.02, 118.69], Einwohner: [1_073_096, 128_928] });
    const { delimiter, decimal, thousands } = table.reading;
    assert.deepEqual([delimiter, decimal, thousands], [';', ',', '.']);
  });
});

describe('the bytes of a CSV file', () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n', 'é', '1', '日') }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
  );
  const rows = fc
    .integer({ min: 2, max: 5 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));

  it('mean the same cells as in csv-parse, however they are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 30 }), async (rows, size) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n');
        const bytes = Buffer.from(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const scanner = new RowScanner(Readable.from(chunks), { delimiter: 44, quote: 34 });
        const texts = new CellTexts('utf-8', 34);
        const found: string[][] = [];
        while (await scanner.fill())
          while (scanner.next())
            found.push(
              Array.from({ length: scanner.cells }, (_, i) =>
                texts.read(scanner.bytes, scanner.starts[i]!, scanner.ends[i]!, scanner.quoting[i]!),
              ),
            );
        assert.deepEqual(found, parse(text));
      }),
    );
  });

  it('mean the same numbers as in JavaScript, to the last bit', () => {
    const marks = { decimal: 46, thousands: -1 };
    const written = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc
        .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat({ max: 20 }))
        .map(([x, n]) => x.toExponential(n)),
      fc.tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.nat({ max: 20 })).map(([x, n]) => x.toFixed(n)),
      fc.bigInt().map(String),
    );
    fc.assert(
      fc.property(written, (text) => {
        const bytes = Buffer.from(`x${text}y`);
        assert.equal(parseNumber(bytes, 1, bytes.length - 1, marks), Number(text) + 0);
      }),
    );
  });

  it('are not numbers where a person would not say so', () => {
    const marks = { decimal: 46, thousands: 44 };
    for (const text of [
      '',
      '-',
      '.',
      'e5',
      '1e',
      '1e+',
      '1.2.3',
      '12,34',
      '1,2345',
      '1234,567',
      ',123',
      '0x10',
      '1 2',
      'NaN',
      '1,',
      '٣',
    ])
      assert.ok(Number.isNaN(parseNumber(Buffer.from(text), 0, Buffer.byteLength(text), marks)), text);
    for (const [text, value] of Object.entries({
      '1,234,567.5': 1234567.5,
      '+.5': 0.5,
      '5.': 5,
      '-0': 0,
      inf: Infinity,
      '-Infinity': -Infinity,
    }))
      assert.equal(parseNumber(Buffer.from(text), 0, text.length, marks), value, text);
  });
});
