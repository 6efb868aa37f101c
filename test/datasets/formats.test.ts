/** The corners of each format: types, orders, shapes, nesting, compressions, and what can be asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { encode as encodeJpeg } from 'jpeg-js';
import type { ReadingOptions } from '../../src/schemas/index.ts';
import { readGiven } from '../support/data-files.ts';
import { describeColumn } from '../../src/jobs/recipes/column-defaults.ts';
import { float64Npy, idxFile, npyFile, numbersFrom, pngFile, tarFile, zipFile } from '../support/data-writers.ts';

const readText = (content: string | Uint8Array, options?: ReadingOptions, name = 'data.csv') =>
  readGiven({ name, content }, options);
const textOf = (lines: readonly string[]) => `${lines.join('\n')}\n`;

const headerOf = async (...lines: string[]) => (await readText(textOf(lines))).table.reading.header;
/** The form of the dates of a column, and the dates. */
const readDates = async (...dates: string[]) => {
  const { table, values } = await readText(textOf(['when\tx', ...dates.map((date) => `${date}\t1`)]));
  return [table.columns[0]!.dateForm, ...values['when']!];
};
const day = (text: string) => Date.parse(text);
const grey = (width: number, height: number, valueAt: (x: number, y: number) => number) =>
  pngFile(
    width,
    height,
    1,
    Uint8Array.from({ length: width * height }, (_, i) => valueAt(i % width, Math.floor(i / width))),
  );

describe('CSV', () => {
  it('is divided by tabs, bars and semicolons as well', async () => {
    for (const delimiter of ['\t', '|', ';', ',']) {
      const { table, values } = await readText(textOf(['a b', '1 2', '3 4']).replaceAll(' ', delimiter));
      assert.deepEqual(values, { a: [1, 3], b: [2, 4] });
      assert.equal(table.reading.delimiter, delimiter);
    }
  });

  it('has a header only where the first row is one', async () => {
    assert.equal(await headerOf('5.1,3.5,setosa', '4.9,3.0,setosa', '6.3,3.3,virginica'), false);
    assert.equal(await headerOf('label,0,1,2', '7,0,0,255', '3,0,12,0'), true);
    assert.equal(await headerOf('name,colour', 'rose,red', 'lily,white'), true);
    assert.equal(await headerOf('red,rose', 'white,lily', 'red,tulip'), false);
    assert.equal(await headerOf('2019,2020', '1,2'), false);
  });

  it('may be UTF-16 or begin with a byte order mark', async () => {
    const text = 'Straße,x\nÄ,1\n日,2\n';
    const swapped = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    for (const bytes of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le'), swapped])
      assert.deepEqual((await readText(bytes)).values, { Straße: ['Ä', '日'], x: [1, 2] });
  });

  it('is read as it is told', async () => {
    assert.deepEqual((await readText('1,5;2\n', { header: false, delimiter: ';', decimal: ',' })).values, {
      'column 1': [1.5],
      'column 2': [2],
    });
    assert.deepEqual((await readText('x,y\n-999,NA\n1,b\n', { missing: ['-999'] })).values, {
      x: [null, 1],
      y: ['NA', 'b'],
    });
    assert.deepEqual((await readText("x\ty\n'a\tb'\t1\n", { quote: "'" })).values, { x: ['a\tb'], y: [1] });
    assert.deepEqual((await readText('x,y\n5" pipe,1\n"6" pipe,2\n', { quote: '' })).values, {
      x: ['5" pipe', '"6" pipe'],
      y: [1, 2],
    });
    assert.deepEqual((await readText('x;y\n1,234;1\n', { decimal: '.', thousands: ',' })).values, {
      x: [1234],
      y: [1],
    });
  });

  it('has numbers with spaces or apostrophes between thousands', async () => {
    const { values } = await readText('a;b\n1\u00a0234,5;1\u202f000\n12 345 678,25;7\n');
    assert.deepEqual(values, { a: [1234.5, 12_345_678.25], b: [1000, 7] });
    assert.deepEqual((await readText("a;b\n1'234.5;1\n")).values, { a: [1234.5], b: [1] });
  });

  it('has dates in the forms that can be told apart', async () => {
    assert.deepEqual(await readDates('2024-02-29', '2023-12-31T23:59:59.5Z'), [
      'YYYY-MM-DD',
      day('2024-02-29'),
      day('2023-12-31T23:59:59.5Z'),
    ]);
    assert.deepEqual(await readDates('31/12/2023', '01/02/2024'), ['DD/MM/YYYY', day('2023-12-31'), day('2024-02-01')]);
    assert.deepEqual(await readDates('12/31/2023', '01/02/2024 3:04 PM'), [
      'MM/DD/YYYY',
      day('2023-12-31'),
      day('2024-01-02T15:04Z'),
    ]);
    assert.deepEqual(await readDates('1 Feb 2024', '15-Mar-2024'), [
      'DD Mon YYYY',
      day('2024-02-01'),
      day('2024-03-15'),
    ]);
    assert.deepEqual(await readDates('Feb 1, 2024', 'March 15 2024'), [
      'Mon DD, YYYY',
      day('2024-02-01'),
      day('2024-03-15'),
    ]);
    assert.deepEqual(await readDates('2024-01-01 12:00:00+02:00', '2024-01-02'), [
      'YYYY-MM-DD',
      day('2024-01-01T10:00Z'),
      day('2024-01-02'),
    ]);
    assert.equal((await readDates('2023-02-29', '2023-01-01'))[0], undefined);
  });

  it('in several files is in parts, whatever the order of files and columns', async () => {
    const { table, values } = await readGiven([
      { name: 'my_test.csv', content: 'y,x\n1,10\n' },
      { name: 'my_val.csv', content: 'x,y\n20,0\n' },
      { name: 'my_train.csv', content: 'x,y\n30,1\n40,0\n' },
    ]);
    assert.deepEqual(table.parts, [
      { name: 'train', rows: 2 },
      { name: 'validation', rows: 1 },
      { name: 'test', rows: 1 },
    ]);
    assert.deepEqual(values['x'], [30, 40, 20, 10]);
  });

  it('has too many texts to keep, and says what the first ones were', async () => {
    const { table } = await readText(textOf(['id,x', ...Array.from({ length: 12_000 }, (_, i) => `user ${i},${i}`)]));
    const [id] = table.columns;
    assert.equal(id!.dictionary, undefined);
    assert.deepEqual(id!.profile, { kind: 'text', missing: 0, distinct: null });
    assert.deepEqual(table.firstRows[1], ['user 1', 1]);
    const { isIncreasing, isInteger, distinct } = table.columns[1]!.profile;
    assert.deepEqual({ isIncreasing, isInteger, distinct }, { isIncreasing: true, isInteger: true, distinct: null });
  });

  it('of many rows comes in groups of at most 1 MiB, with progress up to the end', async () => {
    const next = numbersFrom(5);
    const rows = Array.from({ length: 70_000 }, () => [
      next(),
      next(),
      next(),
      next(),
      next(),
      next(),
      next(),
      next(),
      next(),
    ]);
    const { values, groups, progress } = await readText(
      textOf(['a,b,c,d,e,f,g,h,i', ...rows.map((row) => row.join(','))]),
    );
    assert.deepEqual(
      values['e'],
      rows.map((row) => row[4]),
    );
    assert.equal(groups, 5);
    assert.equal(progress.at(-1)![0], progress.at(-1)![1]);
    assert.ok(progress.length > 2);
  });
});

/** Four pictures with labels, and the names of their classes. */
const animals = (names: string) =>
  zipFile([
    { name: 'labels.txt', content: names },
    { name: 'images-idx3-ubyte', content: idxFile(8, [4, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]) },
    { name: 'labels-idx1-ubyte', content: idxFile(8, [4], [2, 0, 2, 1]) },
  ]);

describe('JSON Lines', () => {
  it('has nested names, lists of numbers, and values that some lines lack', async () => {
    const { table, values } = await readText(
      textOf([
        '{"id": 1, "point": {"x": 1.5, "y": null}, "pixels": [[1, 2], [3, 4]], "ok": true}',
        '',
        '{"id": "2", "pixels": [[5, 6], [7, null]], "kind": "b", "on": "2024-01-01"}',
      ]),
      {},
      'data.jsonl',
    );
    assert.deepEqual(values, {
      id: [1, 2],
      'point.x': [1.5, null],
      'point.y': [null, null],
      pixels: [1, 2, 3, 4, 5, 6, 7, null],
      ok: [1, null],
      kind: [null, 'b'],
      on: [null, Date.UTC(2024, 0, 1)],
    });
    assert.deepEqual(table.columns[3]!.shape, [2, 2]);
    assert.deepEqual(table.firstRows[1]![3], [5, 6, 7, null]);
  });

  it('may have a list per line', async () => {
    assert.deepEqual((await readText('[1, "a"]\n[2, "b"]\n', {}, 'data.ndjson')).values, {
      'column 1': [1, 2],
      'column 2': ['a', 'b'],
    });
  });
});

describe('Parquet', () => {
  it('has lists and structs', async () => {
    const content = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'v', data: [[1, 2], [3, 4], null] },
          { name: 's', data: [{ a: 1, b: 'x' }, null, { a: 3, b: 'y' }] },
        ],
        schema: [
          { name: 'root', num_children: 2 },
          { name: 'v', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
          { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
          { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
          { name: 's', repetition_type: 'OPTIONAL', num_children: 2 },
          { name: 'a', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
          { name: 'b', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        ],
      }),
    );
    const { table, values } = await readText(content, {}, 'data.parquet');
    assert.deepEqual(values, { v: [1, 2, 3, 4, null, null], 's.a': [1, null, 3], 's.b': ['x', null, 'y'] });
    assert.equal(table.columns[0]!.width, 2);
  });
});

describe('NPY', () => {
  it('has every type of number in both byte orders', async () => {
    const write: Record<string, (view: DataView, at: number, value: number, isLittle: boolean) => void> = {
      i1: (view, at, value) => view.setInt8(at, value),
      u1: (view, at, value) => view.setUint8(at, value),
      i2: (view, at, value, isLittle) => view.setInt16(at, value, isLittle),
      u2: (view, at, value, isLittle) => view.setUint16(at, value, isLittle),
      i4: (view, at, value, isLittle) => view.setInt32(at, value, isLittle),
      u4: (view, at, value, isLittle) => view.setUint32(at, value, isLittle),
      i8: (view, at, value, isLittle) => view.setBigInt64(at, BigInt(value), isLittle),
      u8: (view, at, value, isLittle) => view.setBigUint64(at, BigInt(value), isLittle),
      f4: (view, at, value, isLittle) => view.setFloat32(at, value, isLittle),
      f8: (view, at, value, isLittle) => view.setFloat64(at, value, isLittle),
    };
    for (const [type, put] of Object.entries(write))
      for (const order of ['<', '>']) {
        const numbers = type.startsWith('u') ? [0, 1, 200] : type.startsWith('i') ? [-3, 0, 100] : [-1.5, 0, 0.25];
        const bytes = Number(type[1]);
        const view = new DataView(new ArrayBuffer(3 * bytes));
        for (const [i, value] of numbers.entries()) put(view, i * bytes, value, order === '<');
        const content = npyFile(order + type, [3], new Uint8Array(view.buffer));
        assert.deepEqual((await readText(content, {}, 'x.npy')).values['x'], numbers, order + type);
      }
    const halves = new Uint8Array(Uint16Array.of(0x3e00, 0xc000, 0x0001, 0x7e00).buffer);
    assert.deepEqual((await readText(npyFile('<f2', [4], halves), {}, 'x.npy')).values['x'], [1.5, -2, 2 ** -24, null]);
  });

  it('has texts, truth values and times', async () => {
    const words = new Uint8Array(Uint32Array.from('ab\0cd\0'.replaceAll('\0', '\0'), (c) => c.codePointAt(0)!).buffer);
    assert.deepEqual((await readText(npyFile('<U3', [2], words), {}, 'x.npy')).values['x'], ['ab', 'cd']);
    assert.deepEqual((await readText(npyFile('|b1', [3], Uint8Array.of(1, 0, 1)), {}, 'x.npy')).values['x'], [1, 0, 1]);
    const days = new Uint8Array(BigInt64Array.of(19_723n, -(2n ** 63n)).buffer);
    assert.deepEqual((await readText(npyFile('<M8[D]', [2], days), {}, 'x.npy')).values['x'], [
      Date.UTC(2024, 0, 1),
      null,
    ]);
  });

  it('may be in the order of Fortran, in two dimensions and in more', async () => {
    // numpy.array([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]], order='F')
    const stored = [1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12];
    const content = npyFile('<f8', [2, 3, 2], new Uint8Array(Float64Array.from(stored).buffer), true);
    const { table, values } = await readText(content, {}, 'x.npy');
    assert.deepEqual(values['x'], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual(table.columns[0]!.shape, [3, 2]);
    const flat = npyFile('<f8', [2, 3], new Uint8Array(Float64Array.of(1, 4, 2, 5, 3, 6).buffer), true);
    assert.deepEqual((await readText(flat, {}, 'x.npy')).values, {
      'column 1': [1, 4],
      'column 2': [2, 5],
      'column 3': [3, 6],
    });
  });

  it('in NPZ has a column per array, and parts by name', async () => {
    const { table, values } = await readText(
      zipFile([
        { name: 'y_test.npy', content: float64Npy([1], [1]) },
        { name: 'X_train.npy', content: float64Npy([2, 2], [1, 2, 3, 4]) },
        { name: 'y_train.npy', content: float64Npy([2], [0, 1]) },
        { name: 'X_test.npy', content: float64Npy([1, 2], [5, 6]) },
      ]),
      {},
      'all.npz',
    );
    assert.deepEqual(values, { X: [1, 2, 3, 4, 5, 6], y: [0, 1, 1] });
    assert.deepEqual(table.parts, [
      { name: 'train', rows: 2 },
      { name: 'test', rows: 1 },
    ]);
    assert.deepEqual(
      table.columns.map(({ suggestedRole }) => suggestedRole),
      ['input', 'target'],
    );
  });
});

describe('images', () => {
  it('in a tar in gzip, JPEG and PNG, grey where none has colours', async () => {
    const data = new Uint8Array(8 * 8 * 4).fill(120);
    const { table, values } = await readText(
      gzipSync(
        await tarFile([
          { name: './a/1.jpg', content: encodeJpeg({ width: 8, height: 8, data }, 90).data },
          { name: './b/1.png', content: pngFile(8, 8, 4, data) },
        ]),
      ),
      { channels: 1 },
      'images.tgz',
    );
    assert.deepEqual(table.columns[0]!.shape, [8, 8, 1]);
    assert.deepEqual(values['class'], ['a', 'b']);
    assert.ok(values['pixels']!.every((value) => Math.abs(Number(value) - 120) <= 2));
    assert.equal(table.reading.channels, 1);
  });

  it('are resized on request, each pixel the mean of those that it covers', async () => {
    const { values } = await readText(
      zipFile([
        { name: 'a/1.png', content: grey(8, 8, () => 200) },
        { name: 'a/2.png', content: grey(16, 4, (x) => (x < 8 ? 0 : 240)) },
        { name: 'a/3.png', content: grey(2, 2, () => 50) },
      ]),
      { width: 4, height: 4 },
      'images.zip',
    );
    const pixels = values['pixels'] as number[];
    assert.deepEqual(
      pixels.slice(0, 16),
      Array.from({ length: 16 }, () => 200),
    );
    assert.deepEqual(
      pixels.slice(32),
      Array.from({ length: 16 }, () => 50),
    );
    const row = pixels.slice(16, 20);
    for (const y of [1, 2, 3]) assert.deepEqual(pixels.slice(16 + 4 * y, 20 + 4 * y), row);
    assert.ok(row[0]! < row[1]! && row[1]! < 120 && row[2]! > 120 && row[2]! < row[3]!);
    assert.equal(row[0]! + row[3]!, 240);
  });
});

describe('an archive of data files', () => {
  it('is as good as the files', async () => {
    const files = [
      { name: 'data/train.csv', content: 'x,y\n1,2\n' },
      { name: 'data/test.csv', content: 'x,y\n3,4\n' },
      { name: 'data/LICENSE', content: 'free' },
    ];
    for (const [name, content] of [
      ['a.zip', zipFile(files)],
      ['a.tar', await tarFile(files)],
    ] as const) {
      const { table, values } = await readText(content, {}, name);
      assert.deepEqual(values, { x: [1, 3], y: [2, 4] });
      assert.deepEqual(
        table.parts.map(({ name }) => name),
        ['train', 'test'],
      );
    }
    const idx = await readText(
      zipFile([
        { name: 'train-images-idx3-ubyte.gz', content: gzipSync(idxFile(8, [2, 1, 2], [1, 2, 3, 4])) },
        { name: 'train-labels-idx1-ubyte.gz', content: gzipSync(idxFile(8, [2], [1, 0])) },
      ]),
      {},
      'mnist.zip',
    );
    assert.deepEqual(idx.values, { pixels: [1, 2, 3, 4], label: [1, 0] });
  });

  it('name the classes of IDX labels in a text file, in its order', async () => {
    const { table, values } = await readText(animals('zebra\nape\nmole\n'), {}, 'animals.zip');
    assert.deepEqual(values['label'], ['mole', 'zebra', 'mole', 'ape']);
    const label = table.columns.find(({ name }) => name === 'label')!;
    assert.deepEqual(describeColumn(label, 'target').categories, ['zebra', 'ape', 'mole']);
    for (const [names, message] of [
      ['zebra\nape\n', /^labels-idx1-ubyte has the label 2, but 2 classes have names/],
      ['zebra\n\nape\n', /^labels.txt, line 2: There is no name\./],
      ['zebra\nape\nzebra\n', /^labels.txt, line 3: "zebra" is the name of line 1 already\./],
    ] as const)
      await assert.rejects(readText(animals(names), {}, 'animals.zip'), { message });
  });
});
