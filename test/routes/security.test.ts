import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { startService, type TestService } from '../support/service.ts';

describe('pages from other sites', () => {
  let service: TestService;
  let open: TestService;
  before(async () => {
    service = await startService({
      workers: 0,
      config: { allowedHosts: ['relumine.internal'], corsOrigins: ['https://friend.example'] },
    });
    open = await startService({ workers: 0, config: { corsOrigins: ['*'] } });
  });
  after(async () => {
    await service.remove();
    await open.remove();
  });

  /** A request with headers that fetch does not send. */
  async function answer(
    method: string,
    headers: Record<string, string>,
    path = '/v1/runs',
    { url } = service,
  ): Promise<{ status: number; headers: Record<string, unknown> }> {
    const sent = request(url + path, { method, headers });
    sent.end();
    const [response] = (await once(sent, 'response')) as [
      { statusCode: number; headers: Record<string, unknown>; resume(): void },
    ];
    response.resume();
    await once(response as never, 'end');
    return { status: response.statusCode, headers: response.headers };
  }

  it('cannot reach the service by their own host name', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
      assert.equal((await answer('GET', { host })).status, 403, host);
    for (const host of [
      'localhost',
      'LOCALHOST:3000',
      '127.0.0.1:9',
      '[::1]:3000',
      'relumine.internal',
      'relumine.internal:8443',
    ])
      assert.equal((await answer('GET', { host })).status, 200, host);
  });

  it('cannot do so on any other address that it listens on either', async () => {
    const config = { host: '0.0.0.0', allowedHosts: ['relumine.internal'], publicUrl: 'https://relumine.example.org' };
    const wide = await startService({ workers: 0, config });
    try {
      const status = async (host: string) => (await answer('GET', { host }, '/health/live', wide)).status;
      for (const host of ['evil.example', 'relumine.example.org.evil.example'])
        assert.equal(await status(host), 403, host);
      for (const host of [
        'localhost:9',
        '203.0.113.7',
        '[2001:db8::1]:3000',
        'relumine.internal',
        'Relumine.example.org',
      ])
        assert.equal(await status(host), 200, host);
    } finally {
      await wide.remove();
    }
  });

  it('cannot change anything', async () => {
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      for (const origin of ['https://evil.example', 'null', 'file://'])
        assert.equal((await answer(method, { origin }, '/v1/runs/run_x/cancel')).status, 403, `${method} ${origin}`);
    }
    assert.equal((await answer('POST', { origin: service.url }, '/v1/runs/run_x/cancel')).status, 404);
    assert.equal((await answer('POST', {}, '/v1/runs/run_x/cancel')).status, 404);
    assert.equal((await answer('POST', { origin: 'https://friend.example' }, '/v1/runs/run_x/cancel')).status, 404);
  });

  it('cannot read responses unless they are allowed', async () => {
    const allowed = async (origin: string, from = service) =>
      (await answer('GET', { origin }, '/v1/runs', from)).headers['access-control-allow-origin'];
    assert.equal(await allowed('https://evil.example'), undefined);
    assert.equal(await allowed('https://friend.example'), 'https://friend.example');
    assert.equal(await allowed('https://evil.example', open), '*');
    const preflight = await answer('OPTIONS', {
      origin: 'https://friend.example',
      'access-control-request-method': 'PATCH',
    });
    assert.match(String(preflight.headers['access-control-allow-methods']), /PATCH/);
  });

  it('cannot frame our pages, which load nothing from other sites', async () => {
    const { headers } = await answer('GET', {}, '/docs');
    assert.match(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    const page = await (await fetch(`${service.url}/docs`)).text();
    // Addresses may stand there as text.
    assert.doesNotMatch(page, /<(script|img|iframe)|src=|url\(|@import|(href|action)="https?:/);
    assert.match(page, /\/v1\/runs\/\{id\}\/stream/);
  });
});
