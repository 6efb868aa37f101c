/**
 * Measures a service with a long history over HTTP: a page of its list by every kind of query, groups, and the export of
 * a long run.
 */
import { readJob } from '../../src/jobs/index.ts';
import type { Store } from '../../src/store/store.ts';
import { TABLE_FORMATS, type Summary } from '../../src/vocabulary/index.ts';
import { onDatabases } from './filled-databases.ts';
import type { ServiceProcess } from './service-process.ts';
import { quantile } from './statistics.ts';
import type { Row } from './table.ts';

const LIMIT_MS = 20;
export const REPEATS = 40;
const STEPS = 1_000_000;
const KEYS = ['loss', 'accuracy', 'learningRate', 'gradientNorm'];
const STEPS_PER_MESSAGE = 5_000;
const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop'];
const ACTIVATIONS = ['relu', 'leakyRelu', 'tanh', 'gelu'];
const DATASETS = ['xor', 'spirals', 'iris'];

/** Lists are pages of 50. */
const QUERIES: Record<string, string> = {
  'newest first': '/v1/runs?limit=50',
  'in order of valLoss': '/v1/runs?limit=50&orderBy=summary.valLoss',
  'in order of the learning rate': '/v1/runs?limit=50&orderBy=-spec.training.optimizer.learningRate',
  'filter that many match: valLoss < 0.1': `/v1/runs?limit=50&filter=${encodeURIComponent('valLoss < 0.1')}`,
  'filter that few match: optimizer.type = "adam" and valLoss < 0.001': `/v1/runs?limit=50&filter=${encodeURIComponent('spec.training.optimizer.type = "adam" and valLoss < 0.001')}`,
  'q that many match': '/v1/runs?limit=50&q=adamw',
  'q that nothing matches': '/v1/runs?limit=50&q=zzz',
  'groups by optimizer, one figure': '/v1/runs/groups?by=spec.training.optimizer.type&keys=valLoss',
  'groups by optimizer, all figures': '/v1/runs/groups?by=spec.training.optimizer.type',
};

/** On the embedded database, and on a Postgres server where the URL of an empty database is given. */
export async function measureHistory(runs: number, databaseUrl?: string): Promise<Row[]> {
  const rows: Row[] = [];
  await onDatabases(databaseUrl, {
    fill: (store) => fill(store, runs),
    async measure(service, database, longRun) {
      for (const [name, path] of Object.entries(QUERIES))
        rows.push(...(await measureQuery(`${runs} runs, ${database} database: ${name}`, service.url + path)));
      for (const format of TABLE_FORMATS)
        rows.push(
          ...(await measureExport(
            service,
            `export of ${STEPS} steps of ${KEYS.length} metrics, ${database} database, ${format}`,
            `/v1/runs/${longRun}/metrics?format=${format}`,
          )),
        );
    },
  });
  return rows;
}

export async function measureQuery(what: string, url: string): Promise<Row[]> {
  const times: number[] = [];
  // The first one opens a connection and plans the statement.
  for (let i = 0; i <= REPEATS; i++) {
    const startedAt = performance.now();
    const response = await fetch(url);
    const body = await response.text();
    if (i > 0) times.push(performance.now() - startedAt);
    if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${body}`);
  }
  return [0.5, 0.95].map((q) => ({
    what: `${what}, p${100 * q} of ${REPEATS}`,
    values: [quantile(times, q)],
    unit: 'ms',
    ...(q === 0.95 && { limit: LIMIT_MS }),
  }));
}

async function measureExport(service: ServiceProcess, what: string, path: string): Promise<Row[]> {
  const before = service.residentMb();
  let highest = before;
  let bytes = 0;
  const startedAt = performance.now();
  const response = await fetch(service.url + path);
  if (!response.ok || !response.body) throw new Error(`${path} was answered ${response.status}.`);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    highest = Math.max(highest, service.residentMb());
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return [
    { what: `${what}: time`, values: [seconds], unit: 's' },
    { what: `${what}: size`, values: [bytes / 1e6], unit: 'MB' },
    { what: `${what}: growth of resident memory at its highest`, values: [highest - before], unit: 'MB' },
  ];
}

/** Runs that have ended. Returns the id of one more, which has a long log. */
async function fill(store: Store, runs: number): Promise<string> {
  for (let i = 0; i < runs; i++) {
    const id = await create(store, i);
    await store.runs.transition(id, { from: ['queued'], to: 'succeeded', summary: summaryOf(i) });
  }
  const id = await create(store, runs);
  const claimed = await store.runs.claim(id, 'bench');
  if (!claimed) throw new Error('The new run could not be claimed.');
  for (let from = 0; from < STEPS; from += STEPS_PER_MESSAGE) {
    const steps = Array.from({ length: STEPS_PER_MESSAGE }, (_, i) => from + i);
    const values = Object.fromEntries(KEYS.map((key, k) => [key, steps.map((step) => Math.sin(step + k))]));
    const step = from + STEPS_PER_MESSAGE - 1;
    await store.log.append({ runId: id, attempt: claimed.attempt }, [{ type: 'metrics', step, steps, values }], {});
  }
  await store.runs.transition(id, { from: ['running'], to: 'succeeded' });
  return id;
}

const pick = <T>(list: readonly T[], k: number): T => list[k % list.length]!;

/** A queued run, one of many kinds. */
export async function create(store: Store, i: number): Promise<string> {
  const layer = { type: 'dense', units: pick([16, 32, 64, 128], i), activation: pick(ACTIVATIONS, i) };
  const job = readJob(
    {
      name: `run ${i}`,
      experiment: `experiment ${i % 20}`,
      tags: [`tag ${i % 7}`],
      dataset: { name: pick(DATASETS, i) },
      model: { layers: Array.from({ length: 1 + (i % 4) }, () => layer) },
      training: {
        epochs: 10,
        seed: i,
        optimizer: { type: pick(OPTIMIZERS, i >> 2), learningRate: 0.1 * 10 ** -(i % 5) },
      },
    },
    { uploaded: null },
  );
  if ('details' in job) throw new Error(JSON.stringify(job.details));
  const { spec } = job;
  const progress = { epoch: 10, epochs: 10, step: 100, steps: 100 };
  return (await store.runs.create({ kind: 'trained', spec, progress })).id;
}

function summaryOf(i: number): Summary {
  /** From 0 to 1, spread evenly over the runs. */
  const draw = (k: number): number => ((i * 7919 + k * 1009) % 10_007) / 10_007;
  return {
    loss: draw(1),
    accuracy: draw(2),
    epochLoss: draw(3),
    valLoss: draw(4),
    valAccuracy: draw(5),
    learningRate: 0.1,
    gradientNorm: draw(6),
    activeFraction: draw(7),
    deadNeurons: i % 9,
    hiddenNeurons: 64,
    parameters: 1000,
    samplesPerSecond: 100_000,
    trainingSeconds: draw(8),
  };
}
