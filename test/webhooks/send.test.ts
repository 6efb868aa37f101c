/** Where messages may go, and how they are signed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import type { DueDelivery, Payload } from '../../src/store/store.ts';
import { isPrivate, lookUpPublic } from '../../src/webhooks/addresses.ts';
import { newSecret, writeMessage } from '../../src/webhooks/message.ts';
import { send } from '../../src/webhooks/send.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';

const payload = (data: Partial<Payload['data']> = {}, type: Payload['type'] = 'run.finished'): Payload => ({
  type,
  timestamp: '2026-11-28T10:00:00.000Z',
  data: {
    webhook: { id: 'webhook_1', name: 'ours' },
    project: 'default',
    run: {
      id: 'run_1',
      name: 'mnist <relu> & @everyone',
      experiment: '',
      status: 'succeeded',
      progress: { epoch: 1, epochs: 1, step: 9, steps: 9 },
      summary: { valLoss: 0.123456 },
      error: null,
    },
    ...data,
  },
});
const due = (changes: Partial<DueDelivery> = {}) => ({
  id: 'delivery_1',
  secret: newSecret(),
  format: 'standard' as const,
  payload: payload(),
  ...changes,
});

const options = (more: object = {}) => ({
  allowPrivate: true,
  timeoutMs: 5000,
  signal: new AbortController().signal,
  ...more,
});

describe('an address', () => {
  const refused = [
    '127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254',
    '172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.5 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7',
    '203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255',
    ':: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:a00:1 ::127.0.0.1 64:ff9b::a00:1 fe80::1 fe80::1%1 fec0::1 fc00::1 fd12:3456::1',
    'ff02::1 2001::1 2001:0:4136:e378::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 3fff::1 100::1',
    'localhost example.org',
  ].flatMap((line) => line.split(' '));
  for (const address of refused)
    it(`${address} is not on the public internet`, () => assert.equal(isPrivate(address), true));
  const taken =
    '1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888';
  for (const address of taken.split(' ')) it(`${address} is`, () => assert.equal(isPrivate(address), false));

  it('is checked where a name is looked up, for the connection that follows', async () => {
    for (const all of [true, false]) {
      const error = await new Promise((resolve) => lookUpPublic('localhost', { all }, resolve));
      assert.match(String(error), /"localhost" is an address of a private network, or of this machine/);
    }
  });
});

describe('a message', () => {
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
  });
  after(() => receiver.close());
  it('is signed as the Standard Webhooks say, in every format', async () => {
    for (const format of ['standard', 'slack', 'discord'] as const) {
      const delivery = due({ format });
      const { attempt } = await send(`${receiver.url}/${format}?a=b`, writeMessage(delivery, null), options());
      assert.deepEqual([attempt.status, attempt.error], [200, null]);
      const { path, headers, body } = receiver.received.at(-1)!;
      assert.equal(path, `/${format}?a=b`);
      const verified = new Verifier(delivery.secret).verify(body, headers as Record<string, string>);
      if (format === 'standard') assert.deepEqual(verified, delivery.payload);
      assert.throws(() => new Verifier(newSecret()).verify(body, headers as Record<string, string>));
      assert.throws(() => new Verifier(delivery.secret).verify(`${body} `, headers as Record<string, string>));
    }
  });

  it('is words for Slack and Discord, which notify nobody and break nothing', () => {
    const slack = JSON.parse(writeMessage(due({ format: 'slack' }), 'https://r.example').body) as { text: string };
    assert.equal(
      slack.text,
      'Run "mnist &lt;relu&gt; &amp; @everyone" finished.\nvalLoss 0.1235\n<https://r.example/runs/run_1>',
    );
    const long = payload({ layer: 'dense_1', message: 'x'.repeat(3000) }, 'layer.critical');
    const discord = JSON.parse(writeMessage(due({ format: 'discord', payload: long }), 'https://r.example').body) as {
      content: string;
      allowed_mentions: object;
    };
    assert.ok(discord.content.length < 2000 && discord.content.endsWith('\n<https://r.example/runs/run_1>'));
    assert.deepEqual(discord.allowed_mentions, { parse: [] });
    const standard = JSON.parse(writeMessage(due(), 'https://r.example').body) as Payload;
    assert.equal(standard.data['url'], 'https://r.example/runs/run_1');
  });

  it('is not sent to this machine, by whatever name', async () => {
    const port = new URL(receiver.url).port;
    const count = receiver.received.length;
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '0',
      '127.1',
    ]) {
      const { attempt } = await send(
        `http://${host}:${port}/`,
        writeMessage(due(), null),
        options({ allowPrivate: false }),
      );
      assert.equal(attempt.status, null, host);
      assert.match(String(attempt.error), /is an address of a private network, or of this machine/, host);
    }
    assert.equal(receiver.received.length, count);
  });

  it('does not follow redirects, and says what went wrong', async () => {
    receiver.answers.push({ status: 302, headers: { location: `${receiver.url}/elsewhere` } }, 500, {
      status: 429,
      headers: { 'retry-after': '120' },
    });
    const tries = [];
    for (let i = 0; i < 3; i++) tries.push(await send(receiver.url, writeMessage(due(), null), options()));
    assert.deepEqual(
      tries.map(({ attempt: { status, error }, retryAfterMs }) => [status, error, retryAfterMs]),
      [
        [302, 'Redirects are not followed.', null],
        [500, 'The answer was 500.', null],
        [429, 'The answer was 429.', 120_000],
      ],
    );
    assert.equal(
      receiver.received.some(({ path }) => path === '/elsewhere'),
      false,
    );
    receiver.answers.push('silence');
    const silent = await send(receiver.url, writeMessage(due(), null), options({ timeoutMs: 100 }));
    assert.deepEqual([silent.attempt.status, silent.attempt.error], [null, 'There was no answer within 0.1 s.']);
    const closed = await startReceiver();
    await closed.close();
    const { attempt } = await send(closed.url, writeMessage(due(), null), options());
    assert.match(String(attempt.error), /ECONNREFUSED/);
  });
});
