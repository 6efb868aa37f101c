/** The live stream of a run over a WebSocket: a reader of the run's log, from `since` on. */
import { Type } from 'typebox';
import type { WebSocket } from '@fastify/websocket';
import { RelumineError } from '../errors.ts';
import type { Callers } from '../people/callers.ts';
import { ErrorRef, Seq } from '../schemas/index.ts';
import type { LogRecord } from '../store/store.ts';
import type { Broadcaster, Subscription } from '../telemetry/broadcaster.ts';
import { openDoor } from './door.ts';
import { answers, RunParams, type Routes, type Stations } from './route.ts';
import { StreamAccess } from './stream-access.ts';
import type { Tag } from './tags.ts';

/** A reader with more than this in its buffer gets nothing more until half of it has been sent. */
const FULL_BYTES = 1024 * 1024;
/** No frame may grow a buffer beyond this; a larger snapshot can be fetched from the stored ones. */
const MOST_BYTES = 4 * 1024 * 1024;
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
    /** The run that a stream follows, and the seq after which it starts. */
    streamed: { runId: string; since: number } | null;
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

export const stream = (async (app, { store, broadcaster, callers, pingMs = PING_MS }) => {
  const { findRun } = openDoor(store);
  const access = new StreamAccess({
    callers,
    check: (request) => findRun(request as Parameters<typeof findRun>[0]),
    log: app.log,
  });
  app.addHook('onClose', () => access.stop());
  app.decorateRequest('streamed', null);
  app.route({
    method: 'GET',
    url: '/v1/runs/:id/stream',
    schema: {
      tags: ['stream'] satisfies Tag[],
      summary: 'Follow a run live (WebSocket)',
      description:
        'Text frames are JSON messages, binary frames are activity snapshots. First everything in the log after `since`, then `caughtUp`, then live messages.',
      params: RunParams,
      querystring: StreamQuery,
      response: answers(426, ErrorRef, 404),
    },
    // Before the upgrade, so that an unknown run gets a 404.
    preHandler: async (request) => {
      const { id } = await findRun(request);
      const { since = 0 } = request.query;
      request.streamed = { runId: id, since: since === 'latest' ? await store.log.lastSeq(id) : since };
    },
    handler: async (_request, reply) => {
      reply.header('upgrade', 'websocket');
      throw new RelumineError('UPGRADE_REQUIRED', 'This address is a WebSocket. Connect with ws:// or wss://.');
    },
    wsHandler: (socket, request) => {
      const { streamed } = request;
      if (!streamed) throw new Error('the stream was opened without its preHandler');
      readLog(socket, broadcaster, streamed.runId, streamed.since);
      dropWhenSilent(socket, pingMs);
      access.watch(socket, request);
    },
  });
}) satisfies (app: Parameters<Routes>[0], options: StreamOptions) => Promise<void>;

function readLog(socket: WebSocket, broadcaster: Broadcaster, runId: string, since: number): void {
  let isFull = false;
  /** Snapshots that were too large for the buffer, not counting those that the broadcaster skipped. */
  let tooLarge = 0;
  let subscription: Subscription | null = null;

  const send = (data: string | Uint8Array) => {
    socket.send(data, () => {
      if (!isFull || socket.bufferedAmount > FULL_BYTES / 2) return;
      isFull = false;
      subscription?.drained();
    });
    isFull = socket.bufferedAmount > FULL_BYTES;
    return !isFull;
  };
  const write = (record: LogRecord, droppedSnapshots: number) => {
    if (record.kind === 'snapshot') {
      if (socket.bufferedAmount + record.frame.byteLength <= MOST_BYTES) return send(record.frame);
      tooLarge++;
      return true;
    }
    const dropped = droppedSnapshots + tooLarge;
    tooLarge = 0;
    return send(JSON.stringify(dropped > 0 ? { ...record.message, droppedSnapshots: dropped } : record.message));
  };

  subscription = broadcaster.subscribe(runId, since, {
    write,
    caughtUp: (seq) =>
      void send(JSON.stringify({ type: 'caughtUp', seq, ...(tooLarge > 0 ? { droppedSnapshots: tooLarge } : {}) })),
    ended: () => socket.close(1000, 'the run has finished'),
  });
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
