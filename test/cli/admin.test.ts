/** How a service that others can reach gets its first owner. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Me } from '../../src/vocabulary/index.ts';
import { createDatabase, type StoreKind, type TestDatabase } from '../support/database.ts';
import { PASSWORD } from '../support/people.ts';
import { ask, codeOf } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

interface Said {
  code: number | null;
  out: string;
  errors: string;
}

const relumine = (args: string[], env: Record<string, string>, input = ''): Promise<Said> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { env }, (error, out, errors) =>
      resolve({ code: error ? Number(error.code) : 0, out, errors }),
    );
    child.stdin?.end(input);
  });

describe('the first owner', () => {
  const children = new Set<ChildProcess>();
  const databases: TestDatabase[] = [];
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const database of databases) await database.remove();
  });

  async function prepare(kind: StoreKind = 'embedded'): Promise<Record<string, string>> {
    const database = await createDatabase(kind);
    databases.push(database);
    const { databaseUrl, dataDir } = database;
    return {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: dataDir,
      HOST: '0.0.0.0',
      PORT: '0',
      WORKERS: '0',
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    };
  }

  /** Resolves with the port and with what was printed until then. */
  async function serve(env: Record<string, string>, until = /"msg":"ready"/) {
    const child = spawn(process.execPath, [CLI, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    let text = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (until.test(text)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`ended with code ${code}: ${text}`)));
    });
    const [, port = ''] = /Relumine is at http:\/\/[\d.]+:(\d+)/.exec(text) ?? [];
    const stop = async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      children.delete(child);
    };
    return { url: `http://127.0.0.1:${port}`, text, stop };
  }

  it('is needed where others can reach the service: it does not start, and says what to do in one line', async () => {
    const env = await prepare();
    const { code, errors, out } = await relumine(['serve'], env);
    assert.equal(code, 1);
    assert.match(errors, /^relumine: Nobody is registered, .*`relumine admin create --name NAME`.*--set-up.*\.\n$/);
    assert.doesNotMatch(out, /Relumine is at/);
  });

  for (const kind of ['embedded', 'server'] as const) {
    it(`registers on the command line, with a password of their own or one that is made (${kind})`, async () => {
      const env = await prepare(kind);
      const own = await relumine(['admin', 'create', '--name', 'Ada'], env, `${PASSWORD}\n`);
      assert.deepEqual([own.code, own.out], [0, '"Ada" is registered as an owner.\n'], own.errors);
      const made = await relumine(['admin', 'create', '--name', 'Bob'], env);
      const [, password = ''] = /^Password, shown only here: (\w{20})$/m.exec(made.out) ?? [];
      const twice = await relumine(['admin', 'create', '--name', 'ADA'], env, PASSWORD);
      assert.equal(twice.code, 1);
      assert.match(twice.errors, /^relumine: Somebody is called "ADA" already\..*\n$/);
      const { url, stop } = await serve(env);
      for (const json of [
        { name: 'ada', password: PASSWORD },
        { name: 'Bob', password },
      ])
        assert.equal((await ask(`${url}/v1/session`, { json })).status, 200);
      assert.equal((await ask(`${url}/v1/runs`)).status, 401);
      if (kind === 'embedded') {
        const busy = await relumine(['admin', 'create', '--name', 'Cleo'], env);
        assert.match(
          busy.errors,
          /^relumine: The service is running on the data directory .*relumine invite --owner.*\n$/,
        );
      } else {
        const reset = await relumine(['admin', 'password', '--name', 'Ada'], env, 'another password');
        assert.equal(reset.code, 0, reset.errors);
        assert.equal((await ask(`${url}/v1/session`, { json: { name: 'Ada', password: PASSWORD } })).status, 401);
      }
      await stop();
    });
  }

  it('registers with a link that is printed once, works once, and is worth nothing afterwards', async () => {
    const env = { ...(await prepare()), SET_UP: 'true', LOG_LEVEL: 'info' };
    const link = /http:\/\/localhost:\d+\/invitation#([\w-]{43})\n/;
    const first = await serve(env, link);
    const [, token] = link.exec(first.text) ?? [];
    const { url } = first;
    for (const path of ['/v1/runs', '/v1/people', '/v1/invitations', '/metrics'])
      assert.equal((await ask(url + path)).status, 401, path);
    const accept = (name: string) => ask(`${url}/v1/invitations/accept`, { json: { token, name, password: PASSWORD } });
    const answers = await Promise.all([accept('Ada'), accept('Eve')]);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 404],
    );
    const me = answers.find(({ status }) => status === 200)?.body as Me;
    assert.deepEqual([me.via, me.isOwner], ['session', true]);
    assert.equal(codeOf(await accept('Mallory')), 'INVITATION_NOT_FOUND');
    await first.stop();
    const second = await serve(env);
    assert.doesNotMatch(second.text, link);
    assert.equal(
      (await ask(`${second.url}/v1/session`, { json: { name: me.person?.name, password: PASSWORD } })).status,
      200,
    );
    await second.stop();
  });
});
