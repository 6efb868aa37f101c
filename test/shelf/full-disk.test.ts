/** A disk that fills while an upload waits on it: a real one, small and in memory. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool } from '../../src/shelf/spool.ts';

const MB = 1024 * 1024;

/** Null where this process may not mount anything. */
async function mountDisk(megabytes: number): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    await rm(folder, { recursive: true });
    return null;
  }
}

async function* chunks(megabytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < megabytes; i++) yield new Uint8Array(MB);
}

test('an upload ends with STORAGE_FULL before it fills the disk, and leaves nothing', async (context) => {
  const disk = await mountDisk(120);
  if (disk === null) {
    context.skip('a disk can only be mounted as root');
    return;
  }
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
    await spool.close();
  } finally {
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  }
});
