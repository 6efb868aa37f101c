/** Clients that send a byte now and then, begin bodies and stop, never read, or ask for upgrades that make no sense. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../harness/client.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import { Traffic } from '../harness/traffic.ts';
import { World } from '../harness/world.ts';
import type { TroubleOptions } from './trouble.ts';

const SECONDS = 3;
const SLOW_HEADERS = 20;
const SLOW_BODIES = 20;
const UNFINISHED_BODIES = 20;
const SILENT_READERS = 50;
const UPGRADES = 200;
const BODY_BYTES = 60 * 1024 * 1024;
const BYTE_EVERY_MS = 1000;
/** What begins and does not go on is closed by then. */
const LONGEST_UNFINISHED_MS = 120_000;
/** All bodies that are on their way, with room for the service itself. */
const MOST_MEMORY_BYTES = 900 * 1024 * 1024;
const LONGEST_END_MS = 120_000;

const REQUEST = 'POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

export async function slow({ database, createDatabase, tally, minutes }: TroubleOptions): Promise<void> {
  const world = await World.open({ database, databaseUrl: await createDatabase(), tally });
  const sockets: Socket[] = [];
  const open = (text: string): Socket => {
    const socket = connect(world.port, '127.0.0.1').on('error', () => undefined);
    socket.write(text);
    sockets.push(socket);
    return socket;
  };
  try {
    const client = new Client(world);
    const runs = new Runs(client, world);
    const service = await world.serve();
    const expected = await runs.reference(job('', SECONDS));
    await service.loopDelay();
    const traffic = new Traffic(runs, client, job('', SECONDS));
    await delay(1000);
    const { runId } = runs.witnesses.at(-1)!;

    const drips = [
      ...Array.from({ length: SLOW_HEADERS }, () => open('GET /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')),
      ...Array.from({ length: SLOW_BODIES }, () => open(`${REQUEST}Content-Length: 100000\r\n\r\n{"name": "`)),
    ];
    const unfinished = Array.from({ length: UNFINISHED_BODIES }, () => {
      const socket = open(`${REQUEST}Content-Length: ${BODY_BYTES + 1}\r\n\r\n`);
      socket.write(Buffer.alloc(BODY_BYTES, ' '));
      return socket;
    });
    for (let count = 0; count < SILENT_READERS; count++)
      open(`GET /v1/runs/${runId}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}`).pause();
    const refused = Array.from({ length: UPGRADES }, (_, i) =>
      open(
        `GET ${['/%zz', '/health/live', '/v1/runs', '/v1/runs/x/stream'][i % 4]} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}`,
      ),
    );
    const dripping = setInterval(() => {
      for (const socket of drips) if (!socket.destroyed) socket.write('x');
    }, BYTE_EVERY_MS);

    let mostBytes = 0;
    const watching = setInterval(() => {
      if (!service.hasExited) mostBytes = Math.max(mostBytes, service.residentBytes());
    }, 200);
    // Answers are read, or the other side would wait for them to be.
    for (const socket of [...drips, ...unfinished, ...refused]) socket.resume();
    const started = performance.now();
    const isClosed = (): boolean => [...drips, ...unfinished, ...refused].every(({ closed }) => closed);
    while (!isClosed() && performance.now() - started < LONGEST_UNFINISHED_MS) await delay(200);
    const closedAfter = (performance.now() - started) / 1000;
    clearInterval(dripping);
    for (const [what, group] of Object.entries({ drips, unfinished, refused })) {
      const left = group.filter(({ closed }) => !closed).length;
      if (left > 0)
        tally.add(
          'hangs',
          `${left} of ${group.length} connections (${what}) are open after ${closedAfter.toFixed(0)} s`,
        );
    }
    const more = started + minutes * 60_000 - performance.now();
    if (more > 0) await delay(Math.min(more, 10_000));
    clearInterval(watching);
    if (mostBytes > MOST_MEMORY_BYTES)
      tally.add('errors', `resident memory was ${(mostBytes / 2 ** 20).toFixed(0)} MiB at most`);

    await traffic.end();
    await runs.end(LONGEST_END_MS);
    tally.noteLoop(await service.loopDelay());
    await runs.check(expected);
    for (const socket of sockets) socket.destroy();
    await delay(1000);
    const waiting = closeWaits(world.port);
    if (waiting > 0) tally.add('hangs', `${waiting} connections stay in CLOSE-WAIT`);
    tally.tried = `${sockets.length} sockets, closed after ${closedAfter.toFixed(0)} s, ${(mostBytes / 2 ** 20).toFixed(0)} MiB`;
  } finally {
    for (const socket of sockets) socket.destroy();
    await world.close();
  }
}

/** Sockets of this port that the client has closed and the service has not. Linux only. */
function closeWaits(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state]) => address?.endsWith(local) && state === '08').length;
}
