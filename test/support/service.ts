/** The whole service on a free port: real sockets, a real store, real threads. */
import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import { buildApp, type AppOptions } from '../../src/app.ts';
import { RelumineClient } from '../../src/client/index.ts';
import { createLogger } from '../../src/logger.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import type { ReadingLimits } from '../../src/schemas/index.ts';
import type { QueueOptions } from '../../src/queue/run-queue.ts';
import { startStations, type RunningStations, type StationsOptions } from '../../src/stations.ts';
import { watchAnswers, type Contract } from './contract.ts';
import { createDatabase, type StoreKind, type TestDatabase } from './database.ts';
import { freePort } from './free-port.ts';

export interface TestService {
  url: string;
  /** Of the service's own files. */
  dataDir: string;
  client: RelumineClient;
  app: FastifyInstance;
  stations: RunningStations;
  /** Checks every response against the OpenAPI document; `remove` fails if one does not match. */
  contract: Contract;
  /** Stops everything, keeps the data, and starts again on the same port. */
  restart(): Promise<void>;
  /** Stops everything and removes the data. */
  remove(): Promise<void>;
}

export interface ServiceOptions {
  kind?: StoreKind;
  /** One that several services share; it is not removed with them. */
  database?: TestDatabase;
  workers?: number;
  config?: Partial<AppOptions['config']>;
  pingMs?: number;
  connections?: AppOptions['connections'];
  datasetLimits?: ReadingLimits;
  /** Where data sets are as files. */
  datasetFolders?: string[];
  queue?: Partial<QueueOptions>;
  webhooks?: StationsOptions['webhooks'];
  /** Use threads that really train. Otherwise they rehearse, at a pace set by the job's metadata. */
  trains?: boolean;
}

export async function startService(options: ServiceOptions = {}): Promise<TestService> {
  const database = options.database ?? (await createDatabase(options.kind ?? 'embedded'));
  const port = await freePort();
  let running = await start(options, database, port);
  const url = `http://127.0.0.1:${port}`;
  const violations: string[] = [];
  const service: TestService = {
    url,
    dataDir: database.dataDir,
    client: new RelumineClient(url),
    ...running,
    async restart() {
      await stop(running);
      violations.push(...running.contract.violations);
      running = await start(options, database, port);
      Object.assign(service, running);
    },
    async remove() {
      await stop(running);
      if (!options.database) await database.remove();
      assert.deepEqual([...violations, ...running.contract.violations], [], 'answers against the OpenAPI document');
    },
  };
  return service;
}

interface Running {
  app: FastifyInstance;
  stations: RunningStations;
  contract: Contract;
}

async function start(
  {
    workers = 1,
    config,
    pingMs,
    connections,
    datasetLimits,
    datasetFolders = [],
    queue,
    webhooks,
    trains = false,
  }: ServiceOptions,
  database: TestDatabase,
  port: number,
): Promise<Running> {
  const logger = createLogger('silent');
  const rehearsal = trains ? {} : { threadUrl: threadUrl('./rehearsal-thread', import.meta.url), threadHeapMb: 256 };
  const stations = await startStations(
    { ...database, workers, datasetFolders, ...(datasetLimits && { datasetLimits }) },
    logger,
    { queue: { ...rehearsal, ...queue }, ...(webhooks && { webhooks }) },
  );
  const app = await buildApp({
    config: { host: '127.0.0.1', allowedHosts: [], corsOrigins: [], ...config },
    stations,
    logger,
    ...(pingMs === undefined ? {} : { pingMs }),
    ...(connections && { connections }),
  });
  await app.ready();
  const contract = watchAnswers(app);
  await app.listen({ host: '127.0.0.1', port });
  return { app, stations, contract };
}

async function stop({ app, stations }: Running): Promise<void> {
  await app.close();
  await stations.stopWork();
  await stations.close();
}

/** A job that takes the rehearsal thread `chunks * chunkMs`, with ten steps per chunk. */
export const rehearsed = (metadata: Record<string, string | number> = {}, more: object = {}) => ({
  dataset: { name: 'xor' as const },
  model: { layers: [{ type: 'dense' as const, units: 2 }] },
  metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
  ...more,
});

/** Waits for the run's end over the stream. */
export async function ended({ client }: TestService, runId: string): Promise<void> {
  for await (const _ of client.watch(runId, { snapshots: false }));
}

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** A plain request, without the client. */
export async function ask(url: string, init: RequestInit & { json?: unknown } = {}): Promise<Answer> {
  const { json, ...rest } = init;
  const response = await fetch(
    url,
    json === undefined
      ? rest
      : {
          method: 'POST',
          ...rest,
          body: JSON.stringify(json),
          headers: { 'content-type': 'application/json', ...(rest.headers as Record<string, string>) },
        },
  );
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}

export const codeOf = ({ body }: Answer) => (body as { error?: { code: string } }).error?.code;
