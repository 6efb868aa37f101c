/** Whoever guesses passwords or keys, or has stolen the database, does not get in. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, STORE_KINDS, type TestDatabase } from '../support/database.ts';
import { clientOf, cookieOf, keyOf, PASSWORD, register, signIn } from '../support/people.ts';
import { ask, codeOf, startService, type TestService } from '../support/service.ts';

for (const kind of STORE_KINDS) {
  describe(`guessing (${kind})`, () => {
    let database: TestDatabase;
    let service: TestService;
    before(async () => {
      database = await createDatabase(kind);
      service = await startService({ database, workers: 0, config: { trustProxy: 'loopback' } });
      await register(service, 'Ada', { isOwner: true });
    });
    after(async () => {
      await service.remove();
      await database.remove();
    });

    const guess = (from: string, password = 'wrong password', name = 'Ada', { url } = service) =>
      ask(`${url}/v1/session`, { json: { name, password }, headers: { 'x-forwarded-for': from } });
    /** As if the last attempts had been so much earlier. */
    const pass = (seconds: number) =>
      service.stations.store.pool.query('update rate_counts set ends_at = ends_at - make_interval(secs => $1)', [
        seconds,
      ]);
    /** As if the last attempts were still to come: who has to wait waits so much longer, however slow this machine is. */
    const HELD_SECONDS = 600;
    const hold = () => pass(-HELD_SECONDS);
    const forgetAll = () => service.stations.store.pool.query('delete from rate_counts');

    it('a password takes longer and longer, however many guess at once, and locks nobody out elsewhere', async () => {
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: 20 }, () => guess('203.0.113.1')));
      const wrong = answers.filter(({ status }) => status === 401).length;
      const slowed = answers.filter(({ status }) => status === 429);
      // Five are free; the sixth has to wait for 1 s, the seventh for 2 s more, and so on.
      const most = 5 + Math.ceil(Math.log2(1 + (performance.now() - startedAt) / 1000));
      assert.ok(wrong >= 5 && wrong <= most && wrong + slowed.length === 20, `${wrong} of at most ${most}`);
      assert.ok(
        slowed.every((answer) => codeOf(answer) === 'RATE_LIMITED' && Number(answer.headers.get('retry-after')) >= 1),
      );
      await hold();
      assert.equal((await guess('203.0.113.1', PASSWORD)).status, 429, 'even the right one has to wait');
      assert.equal((await guess('198.51.100.7', PASSWORD)).status, 200, 'the owner is somewhere else');
      const waits: number[] = [];
      for (let round = 0; round < 6; round++) {
        if (round > 0) await hold();
        const wait = Number((await guess('203.0.113.1')).headers.get('retry-after'));
        waits.push(wait - HELD_SECONDS);
        await pass(wait);
        assert.equal((await guess('203.0.113.1')).status, 401, 'after the wait one may guess once');
      }
      assert.ok(waits.at(-1)! >= 8 * waits[0]!, waits.join());
      await pass(3600);
      assert.equal((await guess('203.0.113.1', PASSWORD)).status, 200);
      await forgetAll();
    });

    it('many names from one address or one IPv6 network are slowed too, and unknown ones alike', async () => {
      const statuses: number[] = [];
      for (let count = 0; count < 32; count++) {
        if (count === 30) await hold();
        statuses.push((await guess(`2001:db8:1:2::${count.toString(16)}`, 'wrong password', `nobody ${count}`)).status);
      }
      assert.deepEqual(statuses, [...Array<number>(30).fill(401), 429, 429]);
      assert.equal((await guess('2001:db8:1:3::1', PASSWORD)).status, 200);
      await forgetAll();
    });

    it('keys are slowed, but a right one is not', async () => {
      const ada = await service.stations.store.people.find('Ada');
      const right = await keyOf(service, ada!);
      const statuses = new Map<number, number>();
      for (let count = 0; count < 40; count++) {
        const key = `${right.slice(0, -3)}${String(count).padStart(3, '0')}`;
        if (count === 30) await hold();
        const { status } = await ask(`${service.url}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      assert.deepEqual(
        [...statuses],
        [
          [401, 30],
          [429, 10],
        ],
      );
      assert.equal((await clientOf(service, right).me()).via, 'key');
      await forgetAll();
    });

    if (kind === 'server')
      it('all services of a database count together', async () => {
        const other = await startService({ database, workers: 0, config: { trustProxy: 'loopback' } });
        try {
          for (let count = 0; count < 5; count++) assert.equal((await guess('192.0.2.9')).status, 401);
          await hold();
          assert.equal((await guess('192.0.2.9', PASSWORD, 'Ada', other)).status, 429);
        } finally {
          await other.remove();
        }
      });

    it('what is in the database lets nobody in', async () => {
      const { pool, people } = service.stations.store;
      const ada = await people.find('Ada');
      const key = await keyOf(service, ada!);
      const cookie = await signIn(service, 'Ada');
      const { url } = await clientOf(service, key).invitations.create({ asOwner: true });
      const secrets = [
        key,
        key.slice(13),
        cookie.slice('relumine_session='.length),
        url.slice(url.indexOf('#') + 1),
        PASSWORD,
      ];
      const tables = ['people', 'sessions', 'api_keys', 'invitations', 'answers', 'audit_entries', 'rate_counts'];
      const stolen: unknown[] = [];
      for (const table of tables)
        stolen.push(...(await pool.query<Record<string, unknown>>(`select * from ${table}`)).rows);
      const dump =
        JSON.stringify(stolen, (_, value: unknown) => value) +
        stolen
          .flatMap((row) => Object.values(row as object))
          .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : ''))
          .join('\n');
      for (const secret of secrets) assert.ok(!dump.includes(secret), 'no secret is stored as it is');

      const texts = stolen
        .flatMap((row) => Object.values(row as object) as unknown[])
        .flatMap((value) =>
          value instanceof Uint8Array
            ? ['hex', 'base64', 'base64url'].map((form) => Buffer.from(value).toString(form as BufferEncoding))
            : typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
              ? [value]
              : [],
        );
      const short = key.slice(4, 12);
      for (const text of new Set(texts)) {
        for (const headers of [
          { authorization: `Bearer ${text}` },
          { authorization: `Bearer rlm_${short}_${text}` },
          { cookie: `relumine_session=${text}` },
        ] as Record<string, string>[])
          assert.ok(
            [401, 429].includes((await ask(`${service.url}/v1/me`, { headers })).status),
            JSON.stringify(headers),
          );
      }
      const hash = await people.passwordHash(ada!.id);
      await forgetAll();
      assert.equal((await guess('192.0.2.77', hash ?? '')).status, 401);
      assert.equal(cookieOf(await guess('192.0.2.77', hash ?? '')), '');
    });
  });
}
