/** Connections that ask for nothing, for too much, too slowly, or for something that there is not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startService, type TestService } from '../support/service.ts';

const MIB = 1024 * 1024;
const LIMITS = {
  headersMs: 500,
  bodyWindowMs: 500,
  stalledAnswerMs: 500,
  checkEveryMs: 50,
  largeBodiesBytes: 10 * MIB,
  smallBodiesBytes: 2 * MIB,
};
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const upgrade = (start: string, more = '', host = 'localhost', protocol = 'websocket') =>
  `${start} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${KEY}${more}\r\n`;
const post = (path: string, length: number | 'chunked') =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n${length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n\r\n`;
const SECURITY = /^HTTP\/1\.1 \d{3} .*x-content-type-options: nosniff/is;

describe('a connection', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0, connections: LIMITS });
  });
  after(() => service.remove());

  interface Client {
    socket: Socket;
    text: () => string;
    opened: Promise<unknown>;
    /** The service has closed its side. */
    ended: Promise<unknown>;
  }
  /** The client never closes by itself. */
  function open(): Client {
    const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('error', () => undefined).setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    return {
      socket,
      text: () => text,
      opened: once(socket, 'connect'),
      ended: new Promise((resolve) => void socket.once('end', resolve).once('close', resolve)),
    };
  }
  /** What is answered to these bytes, and the end of the connection by the service. */
  async function answerTo(bytes: string): Promise<string> {
    const { socket, text, ended } = open();
    socket.write(bytes);
    await ended;
    socket.destroy();
    return text();
  }
  const openSockets = () =>
    new Promise<number>((resolve, reject) =>
      service.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  async function untilAllAreClosed(): Promise<void> {
    for (let round = 0; round < 500 && (await openSockets()) > 0; round++) await delay(20);
    assert.equal(await openSockets(), 0, 'connections that the service still holds');
  }

  it('that asks for an upgrade which is refused is answered and closed, wherever it is refused', async () => {
    const cases: [bytes: string, status: number, code: string][] = [
      [upgrade('GET /%zz'), 400, 'INVALID_REQUEST'],
      [upgrade('GET /v1/runs/%E0%A4%A/stream'), 400, 'INVALID_REQUEST'],
      [upgrade(`GET /v1/runs/${'x'.repeat(500)}/stream`), 400, 'INVALID_REQUEST'],
      [upgrade('GET /v1/runs'), 400, 'INVALID_REQUEST'],
      [upgrade('POST /v1/runs'), 400, 'INVALID_REQUEST'],
      [upgrade('GET /v1/nothing'), 404, 'ROUTE_NOT_FOUND'],
      [upgrade('BREW /v1/runs'), 400, 'INVALID_REQUEST'],
      [upgrade('GET /v1/runs/run_x/stream'), 404, 'RUN_NOT_FOUND'],
      [upgrade('GET /v1/runs/run_x/stream?since=-1'), 400, 'INVALID_REQUEST'],
      [upgrade('GET /v1/runs/run_x/stream', '', 'evil.example'), 403, 'FORBIDDEN_ORIGIN'],
      [upgrade('GET /%zz', '', 'evil.example'), 403, 'FORBIDDEN_ORIGIN'],
      [upgrade('GET /v1/nothing', '', 'evil.example'), 403, 'FORBIDDEN_ORIGIN'],
      [upgrade('GET /v1/runs/run_x/stream', 'Origin: https://evil.example\r\n'), 403, 'FORBIDDEN_ORIGIN'],
      [upgrade('GET /%zz', 'Origin: https://evil.example\r\n'), 403, 'FORBIDDEN_ORIGIN'],
      [upgrade('GET /v1/nothing', 'Origin: https://evil.example\r\n'), 403, 'FORBIDDEN_ORIGIN'],
    ];
    for (let round = 0; round < 10; round++)
      await Promise.all(
        cases.map(async ([bytes, status, code]) => {
          const answer = await answerTo(bytes);
          assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*"code":"${code}"`, 's'), bytes);
          assert.match(answer, SECURITY, bytes);
        }),
      );
    await untilAllAreClosed();
  });

  it('that asks for an upgrade to another protocol is answered as if it had not', async () => {
    for (const protocol of ['h2c', 'TLS/1.0', 'h2c, websocket', 'WebSocket/13', 'x'.repeat(500)]) {
      const close = 'Connection: close\r\n';
      const live = await answerTo(upgrade('GET /health/live', '', 'localhost', protocol));
      assert.match(live, /^HTTP\/1\.1 200 .*connection: close.*"status":"ok"/is, protocol);
      const stream = await answerTo(upgrade('GET /v1/runs/run_0/stream', close, 'localhost', protocol));
      assert.match(stream, /^HTTP\/1\.1 404 /, protocol);
      const body = '{"name":"h2c"}';
      const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${close}`;
      const posted = await answerTo(upgrade('POST /v1/projects', head, 'localhost', protocol) + body);
      assert.match(posted, /^HTTP\/1\.1 (201|409) /, protocol);
    }
    await untilAllAreClosed();
  });

  it('is answered with the headers of all answers, also by the parser and the router', async () => {
    const host = 'Host: localhost\r\n';
    const cases: [bytes: string, status: number][] = [
      ['HELLO THERE\r\n\r\n', 400],
      [`GET /%zz HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 400],
      [`GET /v1/runs/${'x'.repeat(5000)} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 400],
      [`GET /v1/runs HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      [`GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n`, 400],
      [`GET /health/live HTTP/1.1\r\n${host}${host}Connection: close\r\n\r\n`, 400],
      [`GET /health/live HTTP/1.0\r\n${host}\r\n`, 200],
      [`GET /health/live HTTP/1.1\r\n${host}Expect: miracles\r\nConnection: close\r\n\r\n`, 200],
      [`CONNECT localhost:80 HTTP/1.1\r\n${host}\r\n`, 405],
      [`POST /v1/runs HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
      [`POST /v1/runs HTTP/1.1\r\n${host}Content-Length: 1e3\r\n\r\n`, 400],
    ];
    for (const [bytes, status] of cases) {
      const answer = await answerTo(bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), `${bytes.slice(0, 80)}: ${answer.slice(0, 300)}`);
      assert.match(answer, SECURITY, bytes.slice(0, 80));
      if (status !== 200) assert.match(answer, /"error":\{"code":"[A-Z_]+"/, bytes.slice(0, 80));
    }
    await untilAllAreClosed();
  });

  it('whose headers or body come too slowly is closed with a 408, and an idle one too', async () => {
    const starts = [
      '',
      'GET /v1/runs HTTP/1.1\r\n',
      'GET /v1/runs HTTP/1.1\r\nHost: localhost\r\nX: ',
      'POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{',
      'POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      'POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 60000000\r\n\r\na,b\n',
    ];
    const slow = starts.flatMap((start) => [start, start]).map((start) => ({ start, ...open() }));
    for (const { socket, start } of slow) socket.write(start);
    await Promise.all(slow.map(({ opened }) => opened));
    const timer = setInterval(() => {
      for (const { socket, start } of slow) if (start !== '' && !socket.destroyed) socket.write('1');
    }, 100);
    await untilAllAreClosed();
    clearInterval(timer);
    for (const { start, text, socket } of slow) {
      socket.destroy();
      if (!/chunked/.test(start)) assert.match(text(), /^HTTP\/1\.1 (408 .*REQUEST_TIMEOUT|507)/s, start);
    }
  });

  it('whose body comes slowly, but fast enough, is heard to the end', async () => {
    const body = JSON.stringify({ name: 'slow', page: 'runs', state: 'x'.repeat(1800) });
    const { socket, text, ended } = open();
    socket.write(post('/v1/views', body.length));
    for (let at = 0; at < body.length; at += 200) {
      socket.write(body.slice(at, at + 200));
      await delay(100);
    }
    await ended;
    assert.match(text(), /^HTTP\/1\.1 201 /);
    socket.destroy();
  });

  it('with a body for which there is no room gets a 503 at once, and small ones go on', async () => {
    const waiting = [1, 2, 3, 4, 5].map(() => open());
    for (const { socket } of waiting) socket.write(post('/v1/runs', 4 * MIB));
    await Promise.all(waiting.map(({ ended }) => ended));
    // Two of 4 MiB fit into 10 MiB, and are cut off later, because they do not come to an end.
    const answered = waiting.map(({ text }) => text());
    assert.equal(answered.filter((text) => /^HTTP\/1\.1 503 .*retry-after: \d+.*"OVERLOADED"/is.test(text)).length, 3);
    assert.equal(answered.filter((text) => text.startsWith('HTTP/1.1 408 ')).length, 2);

    // One of unknown length has no room once it is too large.
    const chunked = open();
    chunked.socket.write(`${post('/v1/runs', 'chunked')}F00000\r\n`);
    chunked.socket.write('x'.repeat(15 * MIB));
    await chunked.ended;
    assert.match(chunked.text(), /^HTTP\/1\.1 503 /);
    for (const { socket } of [...waiting, chunked]) socket.destroy();
    await untilAllAreClosed();
    // What was taken is given back.
    const body = JSON.stringify({ notes: 'x'.repeat(9 * MIB) });
    assert.match(await answerTo(post('/v1/runs', body.length) + body), /^HTTP\/1\.1 400 .*"INVALID_JOB"/s);
  });

  it('with a small body finds room while large ones wait', async () => {
    const large = [1, 2, 3].map(() => open());
    for (const { socket } of large) socket.write(`${post('/v1/runs', 5 * MIB)}{`);
    await Promise.race(large.map(({ ended }) => ended));
    const body = JSON.stringify({ name: 'small', page: 'runs', state: '' });
    assert.match(await answerTo(post('/v1/views', body.length) + body), /^HTTP\/1\.1 201 /);
    for (const { socket } of large) socket.destroy();
  });

  it('whose client does not read its answer is closed', async () => {
    const { socket, opened } = open();
    await opened;
    socket.pause();
    for (let round = 0; round < 60; round++) socket.write('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await untilAllAreClosed();
    socket.destroy();
  });

  it('is one of 1500 that come at once, and is answered like the others', async () => {
    const all = Array.from({ length: 1500 }, () => answerTo(upgrade('GET /v1/runs/run_x/stream')));
    const answered = (await Promise.all(all)).filter((answer) => answer.startsWith('HTTP/1.1 404'));
    assert.equal(answered.length, 1500);
    await untilAllAreClosed();
  });
});
