/** kill -9 while an upload is on its way: the next life of the service has nothing of it, and takes it again. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DatasetInfo } from '../../src/vocabulary/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

async function start({ databaseUrl, dataDir }: TestDatabase): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../support/service-process.js', import.meta.url))], {
    env: { ...process.env, DATABASE_URL: databaseUrl ?? '', DATA_DIR: dataDir, WORKERS: '1', LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return { child, url: `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}` };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Bytes of files that wait on disk. */
async function waiting(dataDir: string): Promise<number> {
  const folder = join(dataDir, 'uploads');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return found.reduce((sum, one) => sum + (one?.isFile() ? one.size : 0), 0);
}

const ROWS = `x,y\n${Array.from({ length: 40_000 }, (_, row) => `${row * 0.5},${row * 0.25}\n`).join('')}`;

test('an upload that was killed leaves nothing, and can be sent again', async () => {
  const database = await createDatabase('embedded');
  try {
    const first = await start(database);
    const request = httpRequest(`${first.url}/v1/datasets?name=killed`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
    });
    request.on('error', () => {}); // The service is killed.
    request.write(ROWS);
    while ((await waiting(database.dataDir)) === 0) await delay(10);
    await end(first.child, 'SIGKILL');

    const second = await start(database);
    const listed = async () =>
      ((await (await fetch(`${second.url}/v1/datasets`)).json()) as { data: DatasetInfo[] }).data.filter(
        ({ kind }) => kind === 'uploaded',
      );
    assert.deepEqual([await listed(), await waiting(database.dataDir)], [[], 0]);
    const again = await fetch(`${second.url}/v1/datasets?name=killed`, {
      method: 'POST',
      body: ROWS,
      headers: { 'content-type': 'text/csv' },
    });
    assert.equal(again.status, 201);
    assert.equal(((await again.json()) as DatasetInfo).samples, 40_000);
    assert.equal((await listed()).length, 1);
    await end(second.child, 'SIGTERM');
  } finally {
    await database.remove();
  }
});
