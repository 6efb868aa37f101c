/** Requests in a minute: per person, per address, and by several processes together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RateCounts } from '../../src/people/rate-counts.ts';
import { withStore } from '../support/database.ts';
import { keyOf, register } from '../support/people.ts';
import { ask, codeOf, startService, type Answer, type ServiceOptions, type TestService } from '../support/service.ts';

async function withService(options: ServiceOptions, body: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService({ workers: 0, ...options });
  try {
    await body(service);
  } finally {
    await service.remove();
  }
}

const fail = (error: unknown): never => assert.fail(String(error));

/** Sends until one is refused, and returns it with the number of those before it. A minute may end in between. */
async function untilRefused(
  url: string,
  key: string | null,
  most: number,
): Promise<{ before: number; refused: Answer }> {
  for (let before = 0; ; before++) {
    assert.ok(before <= 2 * most, `${before} were let through`);
    const refused = await ask(url, key === null ? {} : { headers: { authorization: `Bearer ${key}` } });
    if (refused.status === 429) return { before, refused };
  }
}

describe('the rate of requests', () => {
  it('is limited per person, with all keys together, and says how long to wait', async () => {
    await withService({ config: { rateLimits: { person: 5, address: 0 } } }, async (service) => {
      const ada = await register(service, 'Ada', { isOwner: true });
      const bob = await register(service, 'Bob');
      const keys = [await keyOf(service, ada), await keyOf(service, ada)];
      const url = `${service.url}/v1/engines`;
      const first = await ask(url, { headers: { authorization: `Bearer ${keys[0]}` } });
      assert.deepEqual([first.status, first.headers.get('ratelimit-limit')], [200, '5']);
      assert.equal(first.headers.get('ratelimit-remaining'), '4');
      const { before, refused } = await untilRefused(url, keys[1]!, 5);
      assert.ok(before >= 4, `${before} were let through`);
      assert.equal(codeOf(refused), 'RATE_LIMITED');
      const wait = Number(refused.headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 60, `${wait} s`);
      assert.equal(refused.headers.get('ratelimit-remaining'), '0');
      assert.equal((await ask(url, { headers: { authorization: `Bearer ${await keyOf(service, bob)}` } })).status, 200);
      // What is for everybody is not counted.
      for (const path of ['/health/live', '/health/ready', '/openapi.json'])
        assert.equal((await ask(service.url + path)).status, 200);
    });
  });

  it('is limited per address, before anybody is identified', async () => {
    await withService({ config: { rateLimits: { person: 0, address: 6 } } }, async (service) => {
      const key = await keyOf(service, await register(service, 'Ada', { isOwner: true }));
      const { before } = await untilRefused(`${service.url}/v1/engines`, null, 6);
      assert.ok(before >= 6);
      for (let i = 0; i < 12; i++)
        await ask(`${service.url}/v1/engines`, { headers: { authorization: `Bearer ${key}` } });
      const refused = await untilRefused(`${service.url}/v1/projects`, key, 6);
      assert.equal(codeOf(refused.refused), 'RATE_LIMITED');
    });
  });

  it('is not limited while everything is open', async () => {
    await withService({ config: { rateLimits: { person: 1, address: 1 } } }, async ({ url }) => {
      for (let i = 0; i < 5; i++) {
        const answer = await ask(`${url}/v1/engines`);
        assert.deepEqual([answer.status, answer.headers.get('ratelimit-limit')], [200, null]);
      }
    });
  });

  it('is counted by several processes together', () =>
    withStore('server', async ({ rates }) => {
      const [one, two] = [new RateCounts(rates, fail), new RateCounts(rates, fail)];
      const now = Date.now();
      for (let i = 0; i < 10; i++) one.add('ada', now);
      let { current } = two.add('ada', now);
      assert.equal(current, 1, 'at first each knows only its own');
      // Each hears of the other when it next adds up.
      for (let own = 1; current !== 10 + own; own++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        ({ current } = two.add('ada', now));
        assert.ok(own < 200, 'never heard of');
        if (current === 10 + own + 1) break;
      }
      assert.equal(two.add('bob', now).current, 1);
      // Another minute begins anew.
      assert.equal(two.add('ada', now + 60_000).current, 1);
      await Promise.all([one.close(), two.close()]);
      const past = { key: 'x', count: 3, endsAt: new Date(now - 1) };
      assert.deepEqual(await rates.add([past]), [past]);
      assert.equal((await rates.add([{ ...past, endsAt: new Date(now + 60_000) }]))[0]?.count, 3, 'a new window');
      assert.equal((await rates.add([{ ...past, count: 9 }]))[0]?.count, 3, 'too late for the old one');
    }));

  it('forgets what has ended, however many keys there are', () => {
    const counts = new RateCounts(null, () => undefined);
    const now = Date.now();
    for (let i = 0; i < 120_000; i++) counts.add(`address ${i}`, now);
    assert.equal(counts.add('address 119999', now).current, 2);
  });
});
