import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RelumineClient } from '../../src/client/index.ts';
import { createDatabase } from '../support/database.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

describe('an API and a worker on one server', () => {
  it('share the work: one serves requests and streams, the other trains', async () => {
    const database = await createDatabase('server');
    const start = (command: string, workers: number) => {
      const child = spawn(process.execPath, [CLI, command], {
        env: {
          PATH: process.env['PATH'],
          DATABASE_URL: database.databaseUrl!,
          DATA_DIR: database.dataDir,
          WORKERS: String(workers),
          PORT: '0',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let log = '';
      const says = (pattern: RegExp) =>
        new Promise<RegExpExecArray>((resolve) => {
          child.stdout.setEncoding('utf8').on('data', (text: string) => {
            log += text;
            const found = pattern.exec(log);
            if (found) resolve(found);
          });
        });
      return { child, says };
    };
    const api = start('serve', 0);
    const [, url] = await api.says(/Relumine is at (http:\/\/[\d.:]+)/);
    const worker = start('worker', 1);
    try {
      const client = new RelumineClient(url);
      const job = {
        dataset: { name: 'xor' },
        model: { layers: [{ type: 'dense' as const, units: 8 }] },
        training: { epochs: 1_000_000 },
      };
      const run = await client.submit(job);
      let messages = 0;
      for await (const message of client.watch(run.id)) {
        if (message.type === 'metrics' && ++messages === 2) break;
      }
      assert.equal((await client.pause(run.id)).status, 'paused');
      assert.equal((await client.cancel(run.id)).status, 'cancelled');
      assert.ok((await client.checkpoints(run.id)).data.length > 0);
    } finally {
      for (const { child } of [worker, api]) {
        const exited = once(child, 'exit') as Promise<[number | null]>;
        child.kill('SIGTERM');
        assert.deepEqual((await exited)[0], 0);
      }
      await database.remove();
    }
  });
});
