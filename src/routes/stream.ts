/** The live stream of a run over a WebSocket: a reader of the run's log, from `since` on. */
import type { Socket } from 'node:net';
import { Type } from 'typebox';
import type { WebSocket } from '@fastify/websocket';
import { RelumineError } from '../errors.ts';
import type { Callers } from '../people/callers.ts';
import { ErrorRef, Seq } from '../schemas/index.ts';
import type { Store } from '../store/store.ts';
import type { Broadcaster } from '../telemetry/broadcaster.ts';
import type { StreamAvailability } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { answers, RunParams, type Routes, type Stations } from './route.ts';
import { RunsAtOnce } from './runs-at-once.ts';
import { StreamAccess } from './stream-access.ts';
import type { Tag } from './tags.ts';

const PING_MS = 15_000;
/** A reader that leaves this many pings in a row unanswered is disconnected. A paused reader may answer late. */
const PINGS_UNANSWERED = 2;

export interface StreamOptions extends Stations {
  callers: Callers;
  /** Time between two pings. */
  pingMs?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The run that a stream follows, the seq after which it starts, and the changes of access before it was let in. */
    streamed: { runId: string; since: number; changes: number } | null;
  }
}

const StreamQuery = Type.Object({
  since: Type.Optional(
    Type.Union([Seq, Type.Literal('latest')], {
      default: 0,
      description: 'The `seq` of the last message you already have; `latest` for new messages only.',
    }),
  ),
});

/** Tells every open stream that nothing new can come, and when it can again. */
function tellOfOutages(store: Pick<Store, 'availability'>): { watch: (socket: WebSocket) => void; stop: () => void } {
  const sockets = new Set<WebSocket>();
  let isTold = false;
  const stop = store.availability.onChange((outage) => {
    if ((outage !== null) === isTold) return;
    isTold = outage !== null;
    const message: StreamAvailability = isTold ? { type: 'unavailable' } : { type: 'available' };
    for (const socket of sockets) socket.send(JSON.stringify(message));
  });
  const watch = (socket: WebSocket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  return { watch, stop };
}

export const stream = (async (app, { store, broadcaster, callers, pingMs = PING_MS }) => {
  const runs = new RunsAtOnce(store.runs);
  const stopForgetting = callers.onChange(() => runs.forget());
  const { findRun, findRuns } = openDoor({ ...store, runs });
  const access = new StreamAccess({
    callers,
    check: ({ runId, ...asking }) => findRuns(asking, [runId]),
    log: app.log,
  });
  const outages = tellOfOutages(store);
  app.addHook('onClose', () => {
    stopForgetting();
    outages.stop();
    access.stop();
  });
  app.decorateRequest('streamed', null);
  app.route({
    method: 'GET',
    url: '/v1/runs/:id/stream',
    schema: {
      tags: ['stream'] satisfies Tag[],
      summary: 'Follow a run live (WebSocket)',
      description:
        'Text frames are JSON messages, binary frames are activity snapshots. First everything in the log after `since`, then `caughtUp`, then live messages. `unavailable` and `available` say that the database has gone away and is back.',
      params: RunParams,
      querystring: StreamQuery,
      response: answers(426, ErrorRef, 404),
    },
    // Before the upgrade, so that an unknown run gets a 404.
    preHandler: async (request) => {
      const { changes } = access;
      const { id } = await findRun(request);
      const { since = 0 } = request.query;
      // What lies beyond the end of the log begins at its end.
      request.streamed = { runId: id, since: since === 'latest' ? Infinity : since, changes };
    },
    handler: async (_request, reply) => {
      reply.header('upgrade', 'websocket');
      throw new RelumineError('UPGRADE_REQUIRED', 'This address is a WebSocket. Connect with ws:// or wss://.');
    },
    wsHandler: (socket, request) => {
      const { streamed } = request;
      if (!streamed) throw new Error('the stream was opened without its preHandler');
      const { runId, since, changes } = streamed;
      const { caller, credential, rule } = request;
      readLog(socket, request.raw.socket, broadcaster, runId, since);
      dropWhenSilent(socket, pingMs);
      access.watch(socket, { caller, credential, rule, runId }, changes);
      outages.watch(socket);
    },
  });
}) satisfies (app: Parameters<Routes>[0], options: StreamOptions) => Promise<void>;

/**
 * Frames are written to the connection itself, because every socket of the run gets the same ones. They come whole, so
 * pings, pongs and the close frame of `socket` fall between two of them.
 */
function readLog(socket: WebSocket, connection: Socket, broadcaster: Broadcaster, runId: string, since: number): void {
  const subscription = broadcaster.subscribe(runId, since, {
    write(frames) {
      // Nothing may follow a close frame.
      if (socket.readyState !== socket.OPEN) return false;
      connection.write(frames);
      return !connection.writableNeedDrain;
    },
    ended: () => socket.close(1000, 'the run has finished'),
  });
  connection.on('drain', () => subscription.drained());
  socket.on('close', () => subscription.close());
}

function dropWhenSilent(socket: WebSocket, pingMs: number): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered === PINGS_UNANSWERED) {
      socket.terminate();
      return;
    }
    unanswered++;
    socket.ping();
  }, pingMs);
  socket.on('pong', () => {
    unanswered = 0;
  });
  socket.on('close', () => clearInterval(timer));
}
