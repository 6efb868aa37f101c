import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveDashboard } from '../../src/plugins/dashboard.ts';
import { guardRequests } from '../../src/plugins/security.ts';

describe('the dashboard', () => {
  let folder: string;
  let app: FastifyInstance;
  before(async () => {
    folder = `${await mkdtemp(join(tmpdir(), 'relumine-dashboard-'))}/`;
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>page</title>');
    await writeFile(join(folder, 'assets', 'main-1a2b.js'), 'main()');
    await writeFile(join(folder, 'theme.js'), 'theme()');
    app = Fastify();
    await guardRequests(app, { host: '127.0.0.1', allowedHosts: [], corsOrigins: [] });
    await serveDashboard(app, folder);
  });
  after(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  it('is the same document at all its addresses', async () => {
    for (const url of [
      '/',
      '/new',
      '/compare?runs=a,b',
      '/runs/run_1',
      '/datasets',
      '/datasets/ds_1',
      '/shared/abc',
      '/embed/abc',
    ]) {
      const answer = await app.inject(url);
      assert.deepEqual(
        [answer.statusCode, answer.body, answer.headers['content-type'], answer.headers['cache-control']],
        [200, '<title>page</title>', 'text/html; charset=utf-8', 'no-cache'],
        url,
      );
    }
  });

  const framing = async (url: string) => {
    const { headers } = await app.inject(url);
    const [, ancestors] = /frame-ancestors ([^;]+)/.exec(String(headers['content-security-policy'])) ?? [];
    return [ancestors, headers['x-frame-options']];
  };

  it('may be framed by other sites only as the panel of a share link', async () => {
    for (const url of ['/', '/runs/run_1', '/shared/abc', '/nothing'])
      assert.deepEqual(await framing(url), ["'none'", 'DENY'], url);
    assert.deepEqual(await framing('/embed/abc?theme=dark'), ['*', undefined]);
  });

  const ask = async (url: string, accept: string, method: 'GET' | 'DELETE' = 'GET') => {
    const { statusCode, body } = await app.inject({ url, method, headers: { accept } });
    return [statusCode, body === '<title>page</title>' ? 'page' : 'JSON'];
  };

  it('answers an unknown address with the page and 404 for people, and in JSON for programs', async () => {
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    for (const url of ['/nothing', '/runs/a/b', '/v12', '/healthy'])
      assert.deepEqual(await ask(url, browser), [404, 'page'], url);
    for (const url of ['/v1', '/v1/nothing', '/health/x', '/assets/gone-1a2b.js'])
      assert.deepEqual(await ask(url, browser), [404, 'JSON'], url);
    assert.deepEqual(await ask('/nothing', '*/*'), [404, 'JSON']);
    assert.deepEqual(await ask('/nothing', browser, 'DELETE'), [404, 'JSON']);
  });

  it('lets browsers cache only files with a hash in their name', async () => {
    const [hashed, plain] = [await app.inject('/assets/main-1a2b.js'), await app.inject('/theme.js')];
    assert.deepEqual([hashed.body, hashed.headers['cache-control']], ['main()', 'public, max-age=31536000, immutable']);
    assert.deepEqual([plain.body, plain.headers['cache-control']], ['theme()', 'no-cache']);
  });

  it('does not expose the files beside it', async () => {
    for (const url of ['/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json'])
      assert.ok((await app.inject(url)).statusCode >= 400, url);
  });

  it('redirects to the documentation if it was not built', async () => {
    const bare = Fastify();
    await serveDashboard(bare, join(folder, 'nowhere/'));
    const answer = await bare.inject('/');
    assert.deepEqual([answer.statusCode, answer.headers.location], [302, '/docs']);
    await bare.close();
  });
});
