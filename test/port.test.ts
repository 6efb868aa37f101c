import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { takePort } from '../src/port.ts';

const MAY_NOT_LISTEN = {
  name: 'StartFailure',
  message: 'This process may not listen on port 1. Set PORT to a port above 1023.',
};

describe('the port', () => {
  it('answers 503 until the service takes over, without losing a connection in between', async () => {
    const port = await takePort({ host: '127.0.0.1', port: 0 });
    const url = String(port.urls[0]);
    const early = await fetch(`${url}/v1/runs`);
    assert.deepEqual([early.status, early.headers.get('retry-after')], [503, '1']);
    assert.deepEqual(await early.json(), {
      error: { code: 'STARTING', message: 'The service is starting. Try again in a moment.', details: [] },
    });
    const alive = await fetch(`${url}/health/live`);
    assert.deepEqual([alive.status, await alive.json()], [200, { status: 'ok' }]);
    const socket = new WebSocket(url.replace('http', 'ws'));
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    socket.on('error', () => undefined).terminate();
    assert.equal(refused.statusCode, 503);

    const service = createServer((_request, response) => response.end('ready'));
    new WebSocketServer({ server: service }).on('connection', (opened) => opened.close(1000));
    const calls = Array.from({ length: 50 }, async (_, index) => {
      if (index === 25) port.handOver(service);
      return (await fetch(url)).status;
    });
    assert.ok((await Promise.all(calls)).every((status) => status === 200 || status === 503));
    assert.equal(await (await fetch(url)).text(), 'ready');
    const [code] = (await once(new WebSocket(url.replace('http', 'ws')), 'close')) as [number];
    assert.equal(code, 1000);
    await close(service);
    port.close();
    await assert.rejects(fetch(url));
  });

  it('has the guard and the headers of all answers before the service is ready, also for upgrades', async () => {
    const port = await takePort({ host: '127.0.0.1', port: 0, allowedHosts: ['known.example'], corsOrigins: [] });
    const url = new URL(String(port.urls[0]));
    const answerTo = async (headers: Record<string, string>, path = '/v1/runs') => {
      const sent = request({ host: '127.0.0.1', port: url.port, path, headers });
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      assert.equal(response.headers['x-content-type-options'], 'nosniff');
      return response.statusCode;
    };
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    assert.equal(await answerTo({}), 503);
    assert.equal(await answerTo({ host: 'known.example' }), 503);
    assert.equal(await answerTo({ host: 'evil.example' }), 403);
    assert.equal(await answerTo({ host: 'evil.example' }, '/health/live'), 403);
    assert.equal(await answerTo(upgrade), 503);
    assert.equal(await answerTo({ ...upgrade, origin: 'https://evil.example' }), 403);
    port.close();
  });

  it('that this process may not take says so', async (t) => {
    const lowest = Number(
      (await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024')).trim(),
    );
    if (lowest <= 1) return t.skip('every process may listen on every port of this machine');
    if (process.getuid?.() !== 0) {
      await assert.rejects(takePort({ host: '127.0.0.1', port: 1 }), MAY_NOT_LISTEN);
      return;
    }
    // Root may do so. A process without rights may not.
    const script = `const { takePort } = await import(${JSON.stringify(new URL('../src/port.js', import.meta.url).href)});
      process.setgid(65534); process.setuid(65534);
      await takePort({ host: '127.0.0.1', port: 1 }).catch(({ name, message }) => console.log(JSON.stringify({ name, message })));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    assert.deepEqual(JSON.parse(stdout), MAY_NOT_LISTEN);
  });

  it('is refused with one line if it is in use, and is free again after release', async () => {
    const first = await takePort({ host: '127.0.0.1', port: 0 });
    const port = Number(new URL(String(first.urls[0])).port);
    await assert.rejects(takePort({ host: '127.0.0.1', port }), {
      name: 'StartFailure',
      message: `Port ${port} of 127.0.0.1 is already in use. Stop the process that listens there, or set PORT to another port.`,
    });
    first.close();
    (await takePort({ host: '127.0.0.1', port })).close();
  });

  it('of localhost is the same on all its addresses', async () => {
    const port = await takePort({ host: 'localhost', port: 0 });
    const service = createServer((_request, response) => response.end('ready'));
    port.handOver(service);
    assert.equal(new Set(port.urls.map((url) => new URL(url).port)).size, 1);
    for (const url of port.urls) assert.equal(await (await fetch(url)).text(), 'ready', url);
    assert.equal((service.address() as AddressInfo).port, Number(new URL(String(port.urls[0])).port));
    port.close();
    await close(service);
    for (const url of port.urls) await assert.rejects(fetch(url), url);
  });
});

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
