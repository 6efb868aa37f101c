/** One log line per request, and the metrics of /metrics. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { RUN_STATUSES } from '../vocabulary/index.ts';
import type { Stations } from '../routes/route.ts';
import type { Tag } from '../routes/tags.ts';

/** Polled every few seconds by machines, so logged at `debug` only. */
const QUIET = new Set(['/health/live', '/health/ready', '/metrics']);

export function observeRequests(app: FastifyInstance, { store, counters, broadcaster, queue }: Stations): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'relumine_http_request_seconds',
    help: 'Time to respond to a request, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    const line = {
      method: request.method,
      url: addressOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (QUIET.has(route) && reply.statusCode < 400) request.log.debug(line, 'answered');
    else request.log.info(line, 'answered');
    done();
  });
  // An upgraded connection has no HTTP response, so the line above is never written for it.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.ws) request.log.info({ url: addressOf(request) }, 'stream opened');
    done();
  });

  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const runs = new Gauge({
    name: 'relumine_runs',
    help: 'Runs by status.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      // Without the database the other figures are still of use.
      const counts = await store.runs.counts().catch(() => null);
      if (!counts) this.reset();
      else for (const status of RUN_STATUSES) this.set({ status }, counts[status]);
    },
  });
  gauge('relumine_stream_readers', 'Open streams.', () => broadcaster.subscriberCount);
  gauge(
    'relumine_database_available',
    'Whether the database can be used: 1, or 0 while it is away, read-only or its disk is full.',
    () => (store.availability.outage ? 0 : 1),
  );
  const { space } = store;
  if (space) {
    gauge('relumine_disk_free_bytes', 'Free bytes on the disk of DATA_DIR.', () => space.freeBytes ?? NaN);
    gauge(
      'relumine_disk_level',
      '0: enough; 1: too little for new runs and uploads; 2: too little to write anything.',
      () => SPACE_LEVELS.indexOf(space.level),
    );
  }
  gauge('relumine_threads_busy', 'Busy training threads of this process.', () => queue.threads.busy);
  gauge('relumine_threads', 'Training threads of this process.', () => queue.threads.total);
  for (const [key, help] of Object.entries(COUNTED) as [keyof typeof COUNTED, string][]) {
    const name = `relumine_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;
    registry.registerMetric(
      new Counter({
        name,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(counters[key]);
        },
      }),
    );
  }

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['operations'] satisfies Tag[],
        summary: 'Get metrics for Prometheus',
        description: 'Counts and times of this process, and the number of runs by status.',
        response: { 200: { content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
    async (_request, reply) => {
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  );
  app.addHook('onClose', async () => {
    runs.reset();
    registry.clear();
  });
}

const SPACE_LEVELS = ['ok', 'low', 'full'] as const;

const COUNTED = {
  messagesAppended: 'Records written to the logs of runs.',
  appends: 'Transactions that wrote records.',
  appendFailures: 'Transactions that failed.',
  appendSeconds: 'Time spent in these transactions.',
  snapshotsDropped: 'Snapshots dropped because the database was too slow.',
  snapshotsSkipped: 'Snapshots skipped for slow stream readers.',
  threadCrashes: 'Training threads that crashed.',
} as const;

/** For the log, which must not have the secrets of share links and of sign-in. */
const addressOf = ({ url }: FastifyRequest): string =>
  url.replace(/^\/(shared|embed)\/[^?]*/, '/$1/...').replace(/^(\/v1\/session\/oidc\/callback\?).*/s, '$1...');
