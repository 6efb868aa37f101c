/** For programs that must be given a port, and for servers that come back on theirs. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below the ports that systems give to connections and to servers that take any. */
const FIRST_PORT = 10_000;
const LAST_PORT = 31_999;
const BLOCK = 100;

let block: Promise<number> | null = null;
let taken = 0;

/** A port of 127.0.0.1 on which nothing listens now, and which no other process gets from here while this one lives. */
export async function freePort(): Promise<number> {
  const first = await (block ??= takeBlock());
  for (;;) {
    taken = (taken % (BLOCK - 1)) + 1;
    const port = first + taken;
    const probe = await listen(port);
    if (!probe) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** Listening on the first port of a block keeps the others for this process, however it ends. */
async function takeBlock(): Promise<number> {
  const blocks = Math.floor((LAST_PORT + 1 - FIRST_PORT) / BLOCK);
  for (let tried = 0; tried < blocks; tried++) {
    const port = FIRST_PORT + ((process.pid + tried) % blocks) * BLOCK;
    const guard = await listen(port);
    if (!guard) continue;
    guard.unref();
    return port;
  }
  throw new Error(`No port from ${FIRST_PORT} to ${LAST_PORT} is free.`);
}

/** Null if another program listens there. */
async function listen(port: number): Promise<Server | null> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw error;
  }
}
