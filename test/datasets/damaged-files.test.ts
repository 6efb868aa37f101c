/** Every kind of damage has an answer that says what is wrong, where, and what to do; the documentation lists them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FileDamage } from '../../src/datasets/files/damage.ts';
import type { FileProblem } from '../../src/schemas/index.ts';
import { damagedFiles, mendedFiles, type DamagedFile } from '../support/damaged-files.ts';
import { readGiven } from '../support/data-files.ts';
import { readOrRefuse, wholeFiles } from '../support/whole-files.ts';

async function damageOf({ files, options, limits }: DamagedFile): Promise<FileDamage> {
  try {
    const { table } = await readGiven(files, options, limits);
    throw new Error(`This file was read: ${JSON.stringify(table.columns)}`);
  } catch (error) {
    if (error instanceof FileDamage) return error;
    throw error;
  }
}

const PAGE = new URL('../../../docs/data-files.md', import.meta.url);
const ROW = /^\| (.*) \| (.*) \|$/gm;
/** The rows of the table behind a heading. */
async function documented(heading: string): Promise<string[][]> {
  const page = await readFile(PAGE, 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(ROW)].map(([, kind = '', answer = '']) => [kind, answer]).slice(2);
}
const inCell = (text: string) => text.replaceAll('|', String.raw`\|`);

/** The details of the answer to this kind of damage, without their messages. */
async function placesOf(kind: string): Promise<Omit<FileProblem, 'message'>[]> {
  const { details } = await damageOf((await damagedFiles()).find((damaged) => damaged.kind === kind)!);
  return details.map(({ message, ...place }) => {
    assert.ok(message.length > 10);
    return place;
  });
}

describe('a damaged file', () => {
  it('gets the answer that the documentation says', async () => {
    const answers: string[][] = [];
    for (const damaged of await damagedFiles()) answers.push([damaged.kind, inCell((await damageOf(damaged)).message)]);
    assert.deepEqual(await documented('Damage'), answers);
  });

  it('is read with a note where that can be mended', async () => {
    const answers: string[][] = [];
    for (const { kind, files, options } of mendedFiles()) {
      const { table } = await readGiven(files, options);
      answers.push([kind, inCell(table.reading.notes.map(({ message }) => message).join(' '))]);
    }
    assert.deepEqual(await documented('What is mended'), answers);
  });

  it('has the places of all its problems', async () => {
    assert.deepEqual(await placesOf('ragged rows'), [{ line: 3 }, { line: 4 }]);
    assert.deepEqual(await placesOf('a quote that is never closed'), [{ line: 3 }]);
    assert.deepEqual(await placesOf('text behind a closing quote'), [{ line: 2, column: '1' }]);
    assert.deepEqual(await placesOf('a line that is not JSON'), [{ line: 3 }]);
    assert.deepEqual(await placesOf('lists of several lengths'), [{ line: 2, column: 'x' }]);
    assert.deepEqual(await placesOf('one image of many that is damaged'), [{ file: 'b/2.png' }]);
    assert.deepEqual(await placesOf('files with different columns'), [{ file: 'test.csv', column: 'y' }]);
  });

  it('names ten problems at most, and counts the others', async () => {
    const { message, details } = await damageOf({
      kind: '',
      files: [{ name: 'a.csv', content: `x,y\n1,2\n${'1\n'.repeat(40)}` }],
    });
    assert.equal(details.length, 10);
    assert.match(message, /^Line 3 has 1 cell, but the header has 2\. .* There are 39 more problems of this kind\.$/);
  });
});

describe('any bytes', () => {
  it('of a whole file with some changed, or cut off, are a table or damage', async () => {
    const changes = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat({ max: 255 })),
      { maxLength: 8 },
    );
    const cut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 });
    for (const { name, content } of await wholeFiles())
      await fc.assert(
        fc.asyncProperty(changes, cut, async (changes, cut) => {
          const bytes = Buffer.from(content);
          for (const [place, value] of changes) bytes[Math.floor(place * bytes.length)] = value;
          await readOrRefuse([
            { name, content: cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length)) },
          ]);
        }),
        { numRuns: 60 },
      );
  });

  it('whatever they are called, are a table or damage', async () => {
    const start = fc.constantFrom(
      '',
      '\x93NUMPY\x01\x00',
      'PK\x03\x04',
      'PAR1',
      '\x00\x00\x08\x01',
      '\x1f\x8b\x08',
      '{"x": ',
      '"',
    );
    const text = fc.string({
      unit: fc.constantFrom('1', ',', ';', '"', '\n', '\r', 'a', '.', '-', '{', '}', ':', ' ', '[', ']', 'é'),
      maxLength: 60,
    });
    const name = fc.constantFrom('data', 'data.csv', 'data.jsonl', 'data.npy', 'data.zip', 'train.csv');
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
          text.map((value) => Buffer.from(value)),
        ),
        name,
        async (start, rest, name) => {
          await readOrRefuse([{ name, content: Buffer.concat([Buffer.from(start, 'latin1'), rest]) }]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
