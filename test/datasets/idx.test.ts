import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IdxFile } from '../../src/datasets/idx.ts';

const folder = mkdtempSync(join(tmpdir(), 'relumine-idx-'));
after(() => rmSync(folder, { recursive: true }));

function write(bytes: number[]): string {
  const path = join(folder, 'file');
  writeFileSync(path, Uint8Array.from(bytes));
  return path;
}

test('rows are read directly into their destination', () => {
  const file = new IdxFile(write([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6]));
  const target = new Uint8Array(6);
  file.readRows(1, 2, target, 1);
  file.close();
  assert.deepEqual([file.rows, file.rowBytes], [3, 2]);
  assert.deepEqual([...target], [0, 0, 3, 4, 5, 6]);
});

test('damaged files are refused', () => {
  assert.throws(() => new IdxFile(write([0, 0, 13, 1, 0, 0, 0, 0])), SyntaxError);
  assert.throws(() => new IdxFile(write([0x1f, 0x8b, 8, 1, 0, 0, 0, 0])), SyntaxError);
  assert.throws(() => new IdxFile(write([0, 0, 8, 1, 0, 0, 0, 5, 1, 2])), /has 10 bytes, but its header announces 13/);
  assert.throws(() => new IdxFile(write([0, 0])), RangeError);
  assert.throws(() => new IdxFile(join(folder, 'nowhere')), { code: 'ENOENT' });
});
