/** Uploaded files that are damaged, lie about their sizes, or unpack to far more than they are. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { tarFile, zipFile, idxFile, npyFile } from '../support/data-writers.ts';
import type { GivenFile } from '../support/data-files.ts';
import { readOrRefuse, wholeFiles } from '../support/whole-files.ts';
import { damage, STRANGE_SIZES, tries } from './damage.ts';

const LIMITS = { bytes: 32 * 1024 * 1024, values: 1_000_000 };
/** Of processor time, for one file under these limits. */
const SOON_MS = 20_000;
/** What all of them together may add to the largest size of this process. */
const MOST_GROWTH_KIB = 900 * 1024;

const sizeBefore = process.resourceUsage().maxRSS;
after(() => {
  const growth = process.resourceUsage().maxRSS - sizeBefore;
  assert.ok(growth < MOST_GROWTH_KIB, `the process grew by ${Math.round(growth / 1024)} MiB`);
});

async function soon(files: GivenFile[]): Promise<void> {
  const startedAt = process.cpuUsage();
  await readOrRefuse(files, LIMITS);
  const { user, system } = process.cpuUsage(startedAt);
  assert.ok((user + system) / 1000 < SOON_MS, `${files[0]!.name} took ${(user + system) / 1000} ms`);
}

describe('a file', async () => {
  for (const { name, content } of await wholeFiles())
    it(`such as ${name} is a table or damage, whatever becomes of its bytes`, async () => {
      await fc.assert(
        fc.asyncProperty(damage, (change) => soon([{ name, content: change(Buffer.from(content)) }])),
        tries(60),
      );
    });

  it('of arrays that announces more than it has is damage', async () => {
    const sizes = fc.array(fc.constantFrom(...STRANGE_SIZES), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.constantFrom('<f8', '|u1', '<U2147483647', '|S9007199254740993', '<M8[s]'),
        async (shape, type) => {
          await soon([{ name: 'x.npy', content: npyFile(type, shape, new Uint8Array(64)) }]);
          await soon([{ name: 'x-idx-ubyte', content: idxFile(8, shape, new Uint8Array(64)) }]);
        },
      ),
      tries(100),
    );
  });
});

const MEGABYTE = 1024 * 1024;

describe('a file that becomes far larger', () => {
  const zeros = Buffer.alloc(64 * MEGABYTE, '0');
  const bombs: Record<string, () => GivenFile | Promise<GivenFile>> = {
    'gzip of one endless number': () => ({ name: 'x.csv.gz', content: gzipSync(zeros) }),
    'gzip of gzip': () => ({ name: 'x.csv.gz', content: gzipSync(gzipSync(zeros)) }),
    'a zip of a thousand files that are the same bytes': () => ({
      name: 'x.zip',
      content: overlapping(1000, 4 * MEGABYTE),
    }),
    'a zip that says less than it has': () => ({ name: 'x.zip', content: understated(zeros) }),
    'a zip in a zip': () => ({
      name: 'x.zip',
      content: zipFile([{ name: 'y.zip', content: zipFile([{ name: 'x.csv', content: zeros }]) }]),
    }),
    'a tar in gzip': async () => ({
      name: 'x.tar.gz',
      content: gzipSync(await tarFile([{ name: 'x.csv', content: zeros }])),
    }),
    'a tar whose extended header is long': () => ({ name: 'x.tar', content: longHeader() }),
    'a row of ten million cells': () => ({ name: 'x.csv', content: Buffer.alloc(10_000_000, ',') }),
    'a cell of thirty megabytes': () => ({ name: 'x.csv', content: `x,y\n"${'a'.repeat(30 * MEGABYTE)}",1\n` }),
    'thirty megabytes of quotes': () => ({ name: 'x.csv', content: Buffer.alloc(30 * MEGABYTE, '"') }),
    'thirty megabytes of line ends': () => ({ name: 'x.csv', content: Buffer.alloc(30 * MEGABYTE, '\n') }),
    'a line of JSON as long': () => ({ name: 'x.jsonl', content: `{"x": "${'a'.repeat(30 * MEGABYTE)}"}\n` }),
    'JSON nested five million times': () => ({ name: 'x.jsonl', content: `{"x": ${'['.repeat(5_000_000)}` }),
    'JSON objects nested a hundred thousand times': () => ({
      name: 'x.jsonl',
      content: `${'{"x":'.repeat(100_000)}1${'}'.repeat(100_000)}\n`,
    }),
    'a hundred thousand properties': () => ({
      name: 'x.jsonl',
      content: `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}}\n`,
    }),
    'a picture of 65,535 by 65,535': () => ({
      name: 'x.zip',
      content: zipFile([
        { name: 'a/1.jpg', content: hugeJpeg() },
        { name: 'b/1.jpg', content: hugeJpeg() },
      ]),
    }),
    'an NPY header of 4 GiB': () => ({
      name: 'x.npy',
      content: Buffer.from('934e554d5059020000' + 'ffffffff'.padEnd(200, '0'), 'hex'),
    }),
  };
  for (const [kind, make] of Object.entries(bombs))
    it(`such as ${kind} is a table or damage, soon and without its memory`, async () => soon([await make()]));
});

/** Every entry of the directory leads to the same bytes (Fifield 2019). */
function overlapping(count: number, bytes: number): Buffer {
  const single = zipFile([{ name: 'x.csv', content: Buffer.alloc(bytes, '0') }]);
  const end = single.length - 22;
  const start = single.readUInt32LE(end + 16);
  const entry = single.subarray(start, end);
  const tail = Buffer.from(single.subarray(end));
  tail.writeUInt16LE(count, 8);
  tail.writeUInt16LE(count, 10);
  tail.writeUInt32LE(entry.length * count, 12);
  return Buffer.concat([single.subarray(0, start), ...Array.from({ length: count }, () => entry), tail]);
}

/** Both of its sizes are those of ten bytes. */
function understated(content: Buffer): Buffer {
  const file = zipFile([{ name: 'x.csv', content }]);
  file.writeUInt32LE(10, 22);
  file.writeUInt32LE(10, file.readUInt32LE(file.length - 6) + 24);
  return file;
}

/** A tar whose pax header announces 8 GiB of itself. */
function longHeader(): Buffer {
  const header = Buffer.alloc(512);
  header.write('x', 0);
  header.write('0000644\0', 100);
  header.write('77777777777\0', 124);
  header.write('x', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, Buffer.alloc(16 * MEGABYTE, 'a')]);
}

/** Start, frame header, and no data. */
const hugeJpeg = (): Buffer => Buffer.from('ffd8ffc0000b08ffffffff01011100ffda0008010100003f0000ffd9', 'hex');
