/** Files as people have them, each read with nothing prepared by hand, and equal to what was written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Table } from '../../src/schemas/index.ts';
import { readGiven } from '../support/data-files.ts';
import { idxFile, numbersFrom, pngFile, zipFile } from '../support/data-writers.ts';

const columnsOf = (table: Table) =>
  table.columns.map(({ name, type, width, shape }) => [name, type, width, ...(shape === undefined ? [] : [shape])]);
const bytesFrom = (seed: number, length: number) => {
  const next = numbersFrom(seed);
  return Uint8Array.from({ length }, () => Math.floor(next() * 256));
};

const labels = (count: number) => Array.from({ length: count }, (_, i) => i % 10);

describe('five files of different kinds', () => {
  it('penguins: CSV with NA, categories and numbers', async () => {
    const next = numbersFrom(1);
    const species = ['Adelie', 'Chinstrap', 'Gentoo'];
    const rows = Array.from({ length: 344 }, (_, i) => ({
      species: species[i % 3]!,
      mass: i % 40 === 7 ? null : Math.round(2700 + next() * 3600),
      bill: i % 50 === 9 ? null : Math.round(320 + next() * 280) / 10,
      sex: i % 30 === 3 ? null : i % 2 === 0 ? 'male' : 'female',
    }));
    const text = rows.map(({ species, mass, bill, sex }) =>
      [species, mass ?? 'NA', bill ?? 'NA', sex ?? 'NA'].join(','),
    );
    const { table, values } = await readGiven({
      name: 'penguins.csv',
      content: ['species,body_mass_g,bill_length_mm,sex', ...text].join('\n'),
    });
    assert.deepEqual(values, {
      species: rows.map(({ species }) => species),
      body_mass_g: rows.map(({ mass }) => mass),
      bill_length_mm: rows.map(({ bill }) => bill),
      sex: rows.map(({ sex }) => sex),
    });
    const mass = table.columns[1]!.profile;
    const present = rows.flatMap(({ mass }) => mass ?? []);
    const mean = present.reduce((a, b) => a + b) / present.length;
    assert.equal(mass.missing, 344 - present.length);
    assert.equal(mass.minimum, Math.min(...present));
    assert.equal(mass.maximum, Math.max(...present));
    assert.ok(Math.abs(mass.mean! - mean) < 1e-9);
    assert.ok(
      Math.abs(mass.deviation! - Math.sqrt(present.reduce((sum, x) => sum + (x - mean) ** 2, 0) / present.length)) <
        1e-9,
    );
    assert.equal(
      mass.histogram!.counts.reduce((a, b) => a + b),
      present.length,
    );
    for (const [i, count] of mass.histogram!.counts.entries()) {
      const [low, high] = [mass.histogram!.edges[i]!, mass.histogram!.edges[i + 1]!];
      assert.equal(count, present.filter((x) => x >= low && x < high).length);
    }
    assert.deepEqual(table.columns[0]!.profile.top, [
      { value: 'Adelie', count: 115 },
      { value: 'Chinstrap', count: 115 },
      { value: 'Gentoo', count: 114 },
    ]);
  });

  it('a spreadsheet from Europe: semicolons, decimal commas, Latin-1, quotes over lines', async () => {
    const text =
      'Größe (m);Preis;Datum;Bemerkung\r\n1,75;1.250,50;01.02.2024;"klein;\r\nfein"\r\n;980;28.02.2024;-\r\n2,5;12.000,75;31.12.2023;"5"" breit"\r\n';
    const { table, values } = await readGiven({ name: 'export.csv', content: Buffer.from(text, 'latin1') });
    assert.deepEqual(values, {
      'Größe (m)': [1.75, null, 2.5],
      Preis: [1250.5, 980, 12000.75],
      Datum: [Date.UTC(2024, 1, 1), Date.UTC(2024, 1, 28), Date.UTC(2023, 11, 31)],
      Bemerkung: ['klein;\r\nfein', null, '5" breit'],
    });
    const { delimiter, decimal, thousands, encoding, missing } = table.reading;
    assert.deepEqual(
      { delimiter, decimal, thousands, encoding, missing },
      { delimiter: ';', decimal: ',', thousands: '.', encoding: 'windows-1252', missing: ['-'] },
    );
    assert.equal(table.columns[2]!.dateForm, 'DD.MM.YYYY');
  });

  it('sales: Parquet with dates, dictionaries, large integers and nulls in several row groups', async () => {
    const rows = 2500;
    const when = Array.from({ length: rows }, (_, i) => new Date(Date.UTC(2024, 0, 1) + i * 3_600_000));
    const columnData = [
      {
        name: 'city',
        data: when.map((_, i) => (i % 7 === 0 ? null : ['Oslo', 'Lima', 'Rome'][i % 3]!)),
        type: 'STRING' as const,
      },
      { name: 'count', data: when.map((_, i) => BigInt(i * 1_000_003)), type: 'INT64' as const },
      { name: 'ratio', data: when.map((_, i) => (i % 11 === 0 ? null : i / 7)), type: 'DOUBLE' as const },
      { name: 'sold', data: when.map((_, i) => i % 2 === 0), type: 'BOOLEAN' as const },
      { name: 'when', data: when, type: 'TIMESTAMP' as const },
    ];
    const content = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1000 }));
    const { table, values } = await readGiven({ name: 'sales.parquet', content });
    assert.deepEqual(values, {
      city: columnData[0]!.data,
      count: when.map((_, i) => i * 1_000_003),
      ratio: columnData[2]!.data,
      sold: when.map((_, i) => (i % 2 === 0 ? 1 : 0)),
      when: when.map((date) => date.getTime()),
    });
    assert.deepEqual(columnsOf(table), [
      ['city', 'text', 1],
      ['count', 'number', 1],
      ['ratio', 'number', 1],
      ['sold', 'boolean', 1],
      ['when', 'date', 1],
    ]);
  });

  it('digits: four IDX files in gzip, images and labels of two parts', async () => {
    const train = bytesFrom(2, 60 * 28 * 28),
      test = bytesFrom(3, 10 * 28 * 28);
    const { table, values } = await readGiven([
      { name: 't10k-labels-idx1-ubyte.gz', content: gzipSync(idxFile(8, [10], labels(10))) },
      { name: 'train-images-idx3-ubyte.gz', content: gzipSync(idxFile(8, [60, 28, 28], train)) },
      { name: 't10k-images-idx3-ubyte.gz', content: gzipSync(idxFile(8, [10, 28, 28], test)) },
      { name: 'train-labels-idx1-ubyte.gz', content: gzipSync(idxFile(8, [60], labels(60))) },
    ]);
    assert.deepEqual(columnsOf(table), [
      ['pixels', 'number', 784, [28, 28]],
      ['label', 'number', 1],
    ]);
    assert.deepEqual(table.parts, [
      { name: 'train', rows: 60 },
      { name: 'test', rows: 10 },
    ]);
    assert.deepEqual(values, { pixels: [...train, ...test], label: [...labels(60), ...labels(10)] });
    assert.ok(table.columns[0]!.isBytes);
    assert.deepEqual(
      table.columns.map(({ suggestedRole }) => suggestedRole),
      ['input', 'target'],
    );
    assert.equal(table.columns[1]!.profile.distinct, 10);
  });

  it('pictures: a zip of PNG files in folders per part and class', async () => {
    const image = (seed: number) => pngFile(6, 4, 3, bytesFrom(seed, 72));
    const { table, values } = await readGiven({
      name: 'pets.zip',
      content: zipFile([
        { name: 'pets/test/cat/1.png', content: image(1) },
        { name: 'pets/train/dog/1.png', content: image(2) },
        { name: '__MACOSX/pets/train/dog/._1.png', content: 'x' },
        { name: 'pets/train/cat/1.png', content: image(3) },
        { name: 'pets/README.txt', content: 'pictures' },
      ]),
    });
    assert.deepEqual(columnsOf(table), [
      ['pixels', 'number', 72, [4, 6, 3]],
      ['class', 'text', 1],
    ]);
    assert.deepEqual(table.parts, [
      { name: 'train', rows: 2 },
      { name: 'test', rows: 1 },
    ]);
    assert.deepEqual(values['class'], ['dog', 'cat', 'cat']);
    assert.deepEqual(values['pixels'], [...bytesFrom(2, 72), ...bytesFrom(3, 72), ...bytesFrom(1, 72)]);
    assert.deepEqual(table.reading.notes, [
      { file: 'pets/README.txt', message: '1 file is no image and was left out.' },
    ]);
  });
});
