import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CreatedInvitation, CreatedKey } from '../../src/vocabulary/index.ts';
import { keyOf, PASSWORD, register } from '../support/people.ts';
import { rehearsed, startService, type TestService } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

describe('the command, where people are registered', () => {
  let service: TestService;
  let home: string;
  before(async () => {
    service = await startService();
    home = await mkdtemp(join(tmpdir(), 'relumine-home-'));
    await register(service, 'Ada', { isOwner: true });
  });
  after(async () => {
    await service.remove();
    await rm(home, { recursive: true });
  });

  const relumine = (args: string[], input = '', env: Record<string, string> = {}) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [CLI, ...args],
        { env: { PATH: process.env['PATH'] ?? '', HOME: home, RELUMINE_URL: service.url, ...env } },
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
      child.stdin?.end(input);
    });

  it('signs in and keeps a key that nobody else can read, until it signs out', async () => {
    assert.match((await relumine(['list'])).err, /^relumine: Sign in, or send a key/);
    assert.match((await relumine(['login'], PASSWORD)).err, /^relumine: Say who you are/);
    assert.match(
      (await relumine(['login', '--name', 'Ada'], 'wrong password')).err,
      /^relumine: The name or the password is wrong/,
    );
    const signedIn = await relumine(['login', '--name', 'ada'], `${PASSWORD}\n`);
    assert.equal(signedIn.out, `Signed in at ${service.url} as Ada.\n`, signedIn.err);
    const file = join(home, '.config/relumine/credentials');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, { name: string; key: string }>;
    assert.match(kept[service.url]?.key ?? '', /^rlm_/);
    assert.equal((await relumine(['whoami'])).out, 'Ada, an owner\n  default  admin\n');
    const trained = await relumine(['train', '-'], JSON.stringify(rehearsed()));
    assert.equal(trained.code, 0, trained.err);
    const sessions = await service.stations.store.pool.query('select 1 from sessions');
    assert.equal(sessions.rowCount, 0, 'the session in which the key was made has ended');

    assert.equal((await relumine(['logout'])).out, `Signed out at ${service.url}.\n`);
    assert.equal(await readFile(file, 'utf8'), '{}\n');
    const refused = await relumine(['whoami'], '', { RELUMINE_API_KEY: kept[service.url]?.key ?? '' });
    assert.match(refused.err, /^relumine: This key is not valid/);
  });

  it('takes a key from the environment, makes and revokes others, and invites', async () => {
    const ada = await service.stations.store.people.find('Ada');
    const env = { RELUMINE_API_KEY: await keyOf(service, ada!) };
    const made = await relumine(['keys', 'create', '--name', 'nightly', '--scope', 'read', '--json'], '', env);
    const { id, key } = JSON.parse(made.out) as CreatedKey;
    const withKey = await relumine(['login', '--with-key'], key);
    assert.equal(withKey.code, 0, withKey.err);
    assert.match((await relumine(['submit', '-'], JSON.stringify(rehearsed()))).err, /needs the role "member"/);
    assert.match((await relumine(['keys', 'list'], '', env)).out, new RegExp(`${id} .*nightly .*read `));
    assert.equal((await relumine(['keys', 'revoke', id], '', env)).code, 0);
    assert.match((await relumine(['list'])).err, /^relumine: This key is not valid/);
    const invited = await relumine(['invite', '--project', 'default', '--role', 'viewer', '--json'], '', env);
    assert.equal((JSON.parse(invited.out) as CreatedInvitation).role, 'viewer');
    assert.doesNotMatch((await relumine(['list', '--help'], '', env)).out, /rlm_/);
  });
});
