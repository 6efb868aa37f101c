import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ask, codeOf, startService, type Answer, type TestService } from '../support/service.ts';

describe('every error', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
  });
  after(() => service.remove());

  const json = { 'content-type': 'application/json' };
  const cases: [name: string, path: string, init: RequestInit & { json?: unknown }, status: number, code: string][] = [
    ['an unknown path', '/v1/nothing', {}, 404, 'ROUTE_NOT_FOUND'],
    ['an unknown run', '/v1/runs/run_nothing', {}, 404, 'RUN_NOT_FOUND'],
    ['U+0000 in an id', '/v1/runs/run_%00', {}, 400, 'INVALID_REQUEST'],
    ['SQL in an id', `/v1/runs/${encodeURIComponent("' OR 1=1; --")}`, {}, 404, 'RUN_NOT_FOUND'],
    ['a path as an id', '/v1/runs/..%2f..%2fetc%2fpasswd', {}, 404, 'RUN_NOT_FOUND'],
    ['a very long id', `/v1/runs/${'x'.repeat(5000)}`, {}, 400, 'INVALID_REQUEST'],
    ['a broken escape in the path', '/v1/runs/%E0%A4%A', {}, 400, 'INVALID_REQUEST'],
    ['metrics of an unknown run', '/v1/runs/run_nothing/metrics', {}, 404, 'RUN_NOT_FOUND'],
    ['neurons of an unknown run', '/v1/runs/run_nothing/neurons', {}, 404, 'RUN_NOT_FOUND'],
    ['diagnosis of an unknown run', '/v1/runs/run_nothing/diagnosis', {}, 404, 'RUN_NOT_FOUND'],
    ['cancelling an unknown run', '/v1/runs/run_nothing/cancel', { method: 'POST' }, 404, 'RUN_NOT_FOUND'],
    ['pausing with U+0000', '/v1/runs/%00/pause', { method: 'POST' }, 400, 'INVALID_REQUEST'],
    ['an unknown data set', '/v1/datasets/nothing', {}, 404, 'DATASET_NOT_FOUND'],
    ['deleting a built-in data set', '/v1/datasets/mnist', { method: 'DELETE' }, 409, 'WRONG_STATE'],
    ['a method that does not work', '/v1/runs', { method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a method that does not work on a run', '/v1/runs/run_x', { method: 'POST' }, 405, 'METHOD_NOT_ALLOWED'],
    ['JSON that is cut', '/v1/runs', { method: 'POST', body: '{"dataset":', headers: json }, 400, 'INVALID_REQUEST'],
    ['an empty body', '/v1/runs', { method: 'POST', headers: json }, 400, 'INVALID_REQUEST'],
    ['no body at all', '/v1/runs', { method: 'POST' }, 400, 'INVALID_JOB'],
    [
      'a body that is no JSON',
      '/v1/runs',
      { method: 'POST', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a prototype in the body',
      '/v1/runs',
      { method: 'POST', body: '{"__proto__":{"x":1}}', headers: json },
      400,
      'INVALID_REQUEST',
    ],
    [
      'a job as plain text',
      '/v1/runs',
      { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a job that is a list', '/v1/runs', { json: [] }, 400, 'INVALID_JOB'],
    ['a job that is null', '/v1/runs', { method: 'POST', body: 'null', headers: json }, 400, 'INVALID_JOB'],
    [
      'nesting that is deep',
      '/v1/runs',
      { method: 'POST', body: `{"dataset":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, headers: json },
      400,
      'INVALID_JOB',
    ],
    ['an unknown status', '/v1/runs?status=runing', {}, 400, 'INVALID_REQUEST'],
    ['an unknown order', '/v1/runs?orderBy=colour', {}, 400, 'INVALID_REQUEST'],
    ['a limit of 0', '/v1/runs?limit=0', {}, 400, 'INVALID_REQUEST'],
    ['a limit that is not a number', '/v1/runs?limit=ten', {}, 400, 'INVALID_REQUEST'],
    ['an unknown cursor', '/v1/runs?after=nonsense', {}, 400, 'INVALID_REQUEST'],
    ['an unknown parameter', '/v1/runs?stats=queued', {}, 400, 'INVALID_REQUEST'],
    ['U+0000 in a search', '/v1/runs?q=%00', {}, 400, 'INVALID_REQUEST'],
  ];
  for (const [name, path, init, status, code] of cases) {
    it(`is answered in the same form: ${name}`, async () => {
      const answer = await ask(service.url + path, init);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], JSON.stringify(answer.body));
      assertShape(answer);
    });
  }

  it('names the path and what was expected', async () => {
    const { body } = await ask(`${service.url}/v1/runs?limit=0&status=runing`);
    const { details } = (body as { error: { details: unknown } }).error;
    assert.deepEqual(details, [
      {
        path: 'status[0]',
        message: 'must be a known status, but is "runing"; did you mean "running"?',
        expected: 'one of queued, running, paused, succeeded, failed, cancelled',
      },
      { path: 'limit', message: 'must be an integer from 1 to 500, but is 0', expected: 'an integer from 1 to 500' },
    ]);
  });

  it('names the options that the chosen optimizer has', async () => {
    const { body } = await ask(`${service.url}/v1/runs`, {
      json: {
        dataset: { name: 'xor' },
        model: { layers: [{ type: 'dense', units: 4 }] },
        training: { optimizer: { type: 'adam', momentum: 0.9 } },
      },
    });
    const { message, details } = (body as { error: { message: string; details: unknown } }).error;
    const what =
      'is not a known property; it is an option of sgd, rmsprop, and those here are learningRate, beta1, beta2, epsilon, weightDecay';
    assert.ok(message.includes(what), message);
    assert.deepEqual(details, [
      {
        path: 'training.optimizer.momentum',
        message: what,
        expected: 'one of type, learningRate, beta1, beta2, epsilon, weightDecay',
      },
    ]);
  });

  it('lists the allowed methods', async () => {
    const { headers } = await ask(`${service.url}/v1/runs`, { method: 'PUT' });
    assert.deepEqual(headers.get('allow')?.split(', ').toSorted(), ['GET', 'HEAD', 'POST']);
  });

  it('refuses a body of more than 64 MiB before reading it', async () => {
    const answer = await raw(
      `POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${64 * 1024 * 1024 + 1}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 413 .*"code":"BODY_TOO_LARGE"/s);
  });

  it('cuts off a client that keeps sending a refused body', async () => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(
      `POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${2 ** 40}\r\n\r\n`,
    );
    const startedAt = performance.now();
    const sending = setInterval(() => socket.write('x'.repeat(1000)), 50);
    await closed(socket);
    clearInterval(sending);
    assert.ok(performance.now() - startedAt > 4000, 'it had the time to read the answer');
  });

  it('answers malformed HTTP in the same form', async () => {
    assert.match(await raw('HELLO THERE\r\n\r\n'), /^HTTP\/1\.1 400 .*"code":"INVALID_REQUEST"/s);
  });

  it('answers in the same shape where an upgrade is asked for that does not exist', async () => {
    const refused = /^HTTP\/1\.1 400 .*"code":"INVALID_REQUEST".*cannot be upgraded/s;
    for (const start of ['GET /v1/runs', 'POST /v1/runs', 'GET /docs', 'GET /health/live'])
      assert.match(await upgrade(start, 'websocket'), refused, start);
    assert.match(await upgrade('GET /v1/nothing', 'websocket'), /^HTTP\/1\.1 404 .*"code":"ROUTE_NOT_FOUND"/s);
    assert.match(await upgrade('GET /v1/runs/run_x/stream', 'websocket'), /^HTTP\/1\.1 404 .*"code":"RUN_NOT_FOUND"/s);
  });

  it('hides an internal error, which only the log shows', async (t) => {
    t.mock.method(service.stations.store.runs, 'list', () => Promise.reject(new Error('the password is 1234')));
    const answer = await ask(`${service.url}/v1/runs`);
    assert.deepEqual([answer.status, codeOf(answer)], [500, 'INTERNAL_ERROR']);
    assert.doesNotMatch(JSON.stringify(answer.body), /1234/);
    assertShape(answer);
  });

  const upgrade = (start: string, protocol: string): Promise<string> =>
    raw(
      `${start} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );

  /** The response to bytes that no client would send. */
  async function raw(request: string): Promise<string> {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    let text = '';
    socket
      .on('error', () => undefined)
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('}}')) socket.destroy();
      });
    socket.write(request);
    await closed(socket);
    return text;
  }
});

function assertShape({ body, headers }: Answer): void {
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  const { error, ...rest } = body as {
    error: { code: string; message: string; details: { path: string; message: string }[] };
  };
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error), ['code', 'message', 'details']);
  assert.ok(error.message.length > 10 && error.message.length < 1000);
  assert.doesNotMatch(JSON.stringify(error), /node_modules|dist\/src|\bat \w+ \(/);
}

/** Not `once`, which fails on the reset that may come before the close. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));
