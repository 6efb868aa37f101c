import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/store/make-folder.ts';

test('a folder is created with those around it, for this user alone, or is there already', async () => {
  const home = await mkdtemp(join(tmpdir(), 'relumine-folder-'));
  const path = join(home, 'a', 'b', 'c');
  await makeFolder(path);
  await makeFolder(path);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await writeFile(join(home, 'file'), '');
  await assert.rejects(makeFolder(join(home, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(home, 'file', 'x')), { code: 'ENOTDIR' });
  await rm(home, { recursive: true });
});

test('where nobody can create a folder, it says so at once', { skip: process.platform !== 'linux' }, async () => {
  for (const path of ['/proc/relumine', '/proc/relumine/a/b'])
    await assert.rejects(makeFolder(path), { code: 'ENOENT' }, path);
});
