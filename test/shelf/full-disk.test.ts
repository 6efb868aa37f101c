/** A disk that fills while an upload waits on it: a real one, small and in memory. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool } from '../../src/shelf/spool.ts';
import { mountSmallDisk, NO_DISK } from '../support/small-disk.ts';

const MB = 1024 * 1024;

async function* chunks(megabytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < megabytes; i++) yield new Uint8Array(MB);
}

test('an upload ends with STORAGE_FULL before it fills the disk, and leaves nothing', async (context) => {
  const small = await mountSmallDisk(120);
  if (!small) {
    context.skip(NO_DISK);
    return;
  }
  const disk = small.folder;
  try {
    const spool = new Spool(disk, 1024 * MB);
    const upload = await spool.open();
    // Known in advance, and found out on the way: 96 MB stay free for the database.
    await assert.rejects(upload.write(chunks(1), { name: 'a.csv' }, 30 * MB), { code: 'STORAGE_FULL' });
    await assert.rejects(upload.write(chunks(60), { name: 'a.csv' }), { code: 'STORAGE_FULL' });
    await upload.remove();
    const [own = ''] = await readdir(join(disk, 'uploads'));
    assert.deepEqual(await readdir(join(disk, 'uploads', own)), []);
    // What fits is taken again.
    const next = await spool.open();
    await next.write(chunks(8), { name: 'b.csv' });
    assert.equal(next.files[0]?.bytes, 8 * MB);
    for (const path of [join(disk, 'uploads'), join(disk, 'uploads', own), next.folder, next.files[0]?.path ?? ''])
      assert.equal((await stat(path)).mode & 0o077, 0, `others cannot read ${path}`);
    await spool.close();
  } finally {
    await small.remove();
  }
});
