import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { List, Run, StreamMessage } from '../../src/vocabulary/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { ask, rehearsed, startService, type TestService } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

interface Result {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `relumine` to its end. */
function relumine(args: string[], options: { env?: Record<string, string>; input?: unknown } = {}): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args],
      { env: { PATH: process.env['PATH'], ...options.env } },
      (error, out, err) => {
        resolve({ code: error ? Number(error.code ?? null) : 0, out, err });
      },
    );
    child.stdin?.end(options.input === undefined ? '' : JSON.stringify(options.input));
  });
}

describe('the command against a service', () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.remove());
  const call = (args: string[], input?: unknown) => relumine(args, { env: { RELUMINE_URL: service.url }, input });

  it('submits, watches and lists', async () => {
    const trained = await call(['train', '-'], rehearsed({ chunks: 5 }, { name: 'from the shell' }));
    assert.equal(trained.code, 0, trained.err);
    assert.match(trained.out, /^queued .*\n(.*\n)*succeeded  epoch 10\/10  step 50\/50  newest training loss 0\.0200/m);
    assert.ok(!trained.out.includes('\u001B'));
    const lines = trained.out.trim().split('\n');
    assert.equal(new Set(lines).size, lines.length, 'no line twice');
    const steps = lines
      .filter((line) => line.startsWith('running'))
      .map((line) => Number(/step (\d+)\//.exec(line)![1]));
    assert.ok(steps.length >= 2 && steps.every((step, i) => i === 0 || step >= steps[i - 1]!), String(steps));
    assert.match(
      lines.at(-2)!,
      /^running  epoch 10\/10  step 50\/50  newest training loss 0\.0200/,
      'the newest state comes before the end, however fast the run was',
    );
    assert.match((await call(['list'])).out, /^RUN +STATUS +NAME.*\nrun_\w+ +succeeded +from the shell/);
    const listed = JSON.parse((await call(['list', '--json', '--status', 'succeeded'])).out) as List<Run>;
    assert.equal(listed.data[0]?.name, 'from the shell');
    assert.match((await call(['get', 'latest'])).out, /^name +from the shell$/m);
    assert.match(
      (await call(['watch', listed.data[0].id])).out,
      /^queued  epoch 1\/10  step 0\/\d+  newest training loss -  /,
      'a run that has ended is shown from its beginning',
    );
    const types = (await call(['watch', listed.data[0].id, '--json'])).out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.equal(types.at(-1), 'status');
  });

  it('exits with a code that says how the run ended', async () => {
    const failed = await call(['train', '-'], rehearsed({ chunks: 3, behaviour: 'exit', at: 10 }));
    assert.equal(failed.code, 1);
    assert.match(failed.out, /THREAD_CRASHED/);
    const { id } = await service.client.submit(rehearsed({ chunks: 100_000 }));
    const watching = call(['watch', id]);
    assert.match((await call(['cancel', id])).out, /cancelled/);
    assert.equal((await watching).code, 2);
    assert.match((await call(['delete', id])).out, /deleted/);
  });

  it('says its version', async () => {
    const { body } = await ask(`${service.url}/openapi.json`);
    const { version } = (body as { info: { version: string } }).info;
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(await call(['--version']), { code: 0, out: `${version}\n`, err: '' });
  });

  it('reports each of several invalid fields on its own line, and a single one once', async () => {
    const { code, err } = await call(['submit', '-'], { dataset: { name: 'minst' }, model: { layers: [] } });
    assert.equal(code, 1);
    assert.match(err, /^relumine: The job is not valid: dataset\.name .*, but is "minst"; did you mean "mnist"\?\n$/);
    const several = { dataset: { name: 'xor' }, model: { layers: [] }, training: { epochs: 0, batchSize: 0 } };
    assert.match(
      (await call(['submit', '-'], several)).err,
      /^relumine: The job is not valid: .*\n {2}training\.epochs must be .*\n {2}training\.batchSize must be .*\n$/,
    );
    assert.deepEqual(await call(['get', 'run_nothing']), {
      code: 1,
      out: '',
      err: 'relumine: Run "run_nothing" not found.\n',
    });
    assert.match((await call(['submit', '/nowhere/job.json'])).err, /^relumine: ENOENT.*\n$/);
    assert.match(
      (await relumine(['list', '--url', 'http://127.0.0.1:9'])).err,
      /^relumine: Cannot reach http:\/\/127\.0\.0\.1:9: .*\n$/,
    );
    assert.equal((await relumine(['nonsense'])).code, 1);
  });

  it('submits the demo and says what to look at', async () => {
    const { code, out } = await call(['demo']);
    assert.equal(code, 0);
    assert.equal(out.match(/^run_\w+ {2}demo: /gm)?.length, 3);
    assert.match(out, new RegExp(`${service.url}/compare\\?runs=run_`));
    for await (const run of service.client.list({ experiment: 'demo' })) await service.client.delete(run.id);
  });
});

describe('the service as a process', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase('embedded');
  });
  after(() => database.remove());
  const environment = (more: Record<string, string>) => ({
    DATA_DIR: database.dataDir,
    PORT: '0',
    WORKERS: '1',
    ...more,
  });

  it('does not start with an invalid configuration, and says why in one line', async () => {
    const cases: [env: Record<string, string>, message: RegExp, command?: string][] = [
      [{ PORT: 'http' }, /^relumine: PORT must be an integer from 0 to 65535, but is "http"\.\n$/],
      [{ HOST: '203.0.113.1' }, /^relumine: HOST 203\.0\.113\.1 is not an address of this machine \(.*\)\.\n$/],
      [{}, /^relumine: A worker shares a database with the service\. Set DATABASE_URL for both\.\n$/, 'worker'],
    ];
    for (const [env, message, command = 'serve'] of cases) {
      const { code, err } = await relumine([command], { env: environment(env) });
      assert.equal(code, 1);
      assert.match(err, message);
    }
  });

  it('does not start on a port that is in use or a host that is not local, says why in one line, and leaves no trace', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const dataDir = join(database.dataDir, 'never-made');
    const start = (env: Record<string, string>) =>
      relumine(['serve'], { env: environment({ DATA_DIR: dataDir, ...env }) });
    const results = [await start({ PORT: String(port) }), await start({ HOST: 'nowhere.invalid' })];
    other.close();
    assert.deepEqual(
      results.map(({ code }) => code),
      [1, 1],
    );
    const [taken, unknown] = results.map(({ err }) => err);
    assert.equal(
      taken,
      `relumine: Port ${port} of 127.0.0.1 is already in use. Stop the process that listens there, or set PORT to another port.\n`,
    );
    assert.match(String(unknown), /^relumine: HOST nowhere\.invalid is not an address of this machine \(.*\)\.\n$/);
    assert.equal(existsSync(dataDir), false);
  });

  it('prints its address, serves, and stops cleanly within ten seconds while a reader watches', async () => {
    const child = spawn(process.execPath, [CLI, 'serve'], {
      env: { PATH: process.env['PATH'], ...environment({}) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    const url = await new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const found = /Relumine is at (http:\/\/[\d.:]+)/.exec(log);
        if (found) resolve(found[1]!);
      });
    });
    const health = await fetch(`${url}/health/ready`);
    assert.equal(health.status, 200);
    await health.text();
    const run = (await (
      await fetch(`${url}/v1/runs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          dataset: { name: 'xor' },
          model: { layers: [{ type: 'dense', units: 8 }] },
          training: { epochs: 1_000_000 },
        }),
      })
    ).json()) as Run;
    const reader = new WebSocket(`${url.replace('http', 'ws')}/v1/runs/${run.id}/stream`);
    for await (const [data, isBinary] of on(reader, 'message') as AsyncIterable<[Buffer, boolean]>) {
      if (!isBinary && (JSON.parse(data.toString()) as StreamMessage).type === 'metrics') break;
    }
    const closed = once(reader, 'close') as Promise<[number]>;
    const stoppedAt = performance.now();
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0, log);
    assert.equal((await closed)[0], 1001);
    assert.ok(performance.now() - stoppedAt < 10_000);
    for (const line of log.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
  });
});
