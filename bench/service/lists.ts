/** Measures a page of a list of very many runs over HTTP, for every way to sort, to filter and to search. */
import { keepFigures } from '../../src/store/runs/run-figures.ts';
import { chooseFolding } from '../../src/store/postgres/folding.ts';
import { keepSearchable } from '../../src/store/runs/run-labels.ts';
import type { Store } from '../../src/store/store.ts';
import { onDatabases } from './filled-databases.ts';
import { create, measureQuery, REPEATS } from './history.ts';
import type { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';

const TEMPLATES = 40;
/** So often each list is read before it is measured. */
const WARM_UP = 10;
/** Of all runs, so many are in the queue. */
const QUEUED = 200;

const filter = (text: string): string => `filter=${encodeURIComponent(text)}`;
/** Lists are pages of 50. */
const QUERIES: Record<string, string> = {
  'newest first': '',
  'oldest first': 'orderBy=createdAt',
  'by valLoss': 'orderBy=valLoss',
  'by accuracy, descending': 'orderBy=-accuracy',
  'by gradientNorm, which few runs have': 'orderBy=-gradientNorm',
  'by macroF1, which no run has': 'orderBy=-macroF1',
  'by name': 'orderBy=name',
  'by experiment': 'orderBy=experiment',
  'by status': 'orderBy=status',
  'by finishedAt, descending': 'orderBy=-finishedAt',
  'by the learning rate, descending': 'orderBy=-spec.training.optimizer.learningRate',
  'by the optimizer': 'orderBy=spec.training.optimizer.type',
  'by the seed': 'orderBy=spec.training.seed',
  'by the data set': 'orderBy=spec.dataset.name',
  'by the units of the first layer': 'orderBy=-spec.model.layers[0].units',
  'by another field of the spec': 'orderBy=spec.training.stopping.patience',
  'by notes': 'orderBy=notes',
  'by a key of metadata': 'orderBy=metadata.host',
  'of one status': 'status=queued',
  'of one status, by valLoss': 'status=queued&orderBy=valLoss',
  'of one project, by valLoss': 'project=default&orderBy=valLoss',
  'of one experiment': 'experiment=experiment%2013',
  'of one experiment, by valLoss': 'experiment=experiment%2013&orderBy=valLoss',
  'of one experiment, by name': 'experiment=experiment%2013&orderBy=-name',
  'with a tag': 'tag=tag%203',
  'with a tag, by valLoss': 'tag=tag%203&orderBy=valLoss',
  'with a rare tag': 'tag=rare',
  'valLoss < 0.1': filter('valLoss < 0.1'),
  'valLoss < 0.0001, by name': `${filter('valLoss < 0.0001')}&orderBy=name`,
  'optimizer.type = "adam"': filter('spec.training.optimizer.type = "adam"'),
  'optimizer.type = "adam", by valLoss': `${filter('spec.training.optimizer.type = "adam"')}&orderBy=valLoss`,
  'optimizer.type = "adam" and valLoss < 0.0001': filter('spec.training.optimizer.type = "adam" and valLoss < 0.0001'),
  'batchSize = 48, which no run has': filter('spec.training.batchSize = 48'),
  'metadata.host = "none"': filter('metadata.host = "none"'),
  'name contains "54321"': filter('name contains "54321"'),
  'createdAt < 2020-01-01': filter('createdAt < 2020-01-01'),
  'error.code = "DIVERGED", which no run has': filter('error.code = "DIVERGED"'),
  'q that many match': 'q=adamw',
  'q that few match': 'q=run%2054321',
  'q that nothing matches': 'q=zzzz',
  'q of two letters that nothing matches': 'q=zz',
  'a number as q': 'q=0.12345',
  'q, by valLoss': 'q=experiment%2013&orderBy=valLoss',
};
const GROUPS: Record<string, string> = {
  'groups by optimizer, one figure': 'by=spec.training.optimizer.type&keys=valLoss',
  'groups by optimizer, all figures': 'by=spec.training.optimizer.type',
  'groups by experiment, all figures': 'by=experiment',
  'groups by day, one figure': 'by=createdAt&keys=valLoss',
};
/** Pages of 500, behind so many of which a page of 50 is read. */
const DEEP_PAGES = 50;
const DEEP: Record<string, string> = {
  'newest first, behind 25,000 runs': '',
  'by valLoss, behind 25,000 runs': 'orderBy=valLoss',
  'by gradientNorm, behind 25,000 runs': 'orderBy=-gradientNorm',
};

/** On the embedded database, and on a Postgres server where the URL of an empty database is given. */
export async function measureLists(runs: number, databaseUrl?: string): Promise<Row[]> {
  const rows: Row[] = [];
  await onDatabases(databaseUrl, {
    fill: (store) => fill(store, runs),
    async measure(service, database) {
      const measure = async (name: string, path: string): Promise<void> => {
        const before = cpuMs(service);
        rows.push(...(await measureQuery(`${runs} runs, ${database} database: ${name}`, service.url + path)));
        const cpu = (cpuMs(service) - before) / (REPEATS + 1);
        rows.push({ what: `${name}, CPU time of the service`, values: [cpu], unit: 'ms' });
      };
      // A service that has answered some hundred requests: before, V8 compiles what they need.
      for (let i = 0; i < WARM_UP; i += 1)
        for (const query of Object.values(QUERIES))
          await (await fetch(`${service.url}/v1/runs?${query}`)).arrayBuffer();
      for (const [name, query] of Object.entries(QUERIES)) await measure(name, `/v1/runs?${query}`);
      for (const [name, query] of Object.entries(GROUPS)) await measure(name, `/v1/runs/groups?${query}`);
      for (const [name, query] of Object.entries(DEEP))
        await measure(name, `/v1/runs?${query}&after=${await cursorBehind(service, query)}`);
    },
  });
  return rows;
}

const cpuMs = (service: ServiceProcess): number =>
  [...service.threadCpuMs().values()].reduce((sum, thread) => sum + thread, 0);

async function cursorBehind(service: ServiceProcess, query: string): Promise<string> {
  let after = '';
  for (let page = 0; page < DEEP_PAGES; page += 1) {
    const response = await fetch(`${service.url}/v1/runs?${query}&limit=500${after && `&after=${after}`}`);
    const { nextCursor } = (await response.json()) as { nextCursor: string | null };
    if (nextCursor === null) throw new Error(`There are no ${DEEP_PAGES * 500} runs.`);
    after = nextCursor;
  }
  return after;
}

/** A few runs as the service makes them, and copies of these with figures, names and times of their own. */
async function fill(store: Store, runs: number): Promise<void> {
  const ids: string[] = [];
  for (let i = 0; i < TEMPLATES; i += 1) {
    const id = await create(store, i);
    await store.runs.transition(id, { from: ['queued'], to: 'succeeded', summary: { loss: i, valLoss: i } });
    ids.push(id);
  }
  const { rows: columns } = await store.pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = 'runs'
      and column_name <> all('{id,name,experiment,tags,summary,status,created_at,finished_at}') and is_generated = 'NEVER'`,
  );
  const same = columns.map(({ name }) => `source.${name}`).join(', ');
  for (let from = TEMPLATES; from < runs; from += 10_000)
    await store.pool.query(
      `insert into runs (id, name, experiment, tags, summary, status, created_at, finished_at, ${columns.map(({ name }) => name).join(', ')})
      select 'run_' || lpad(i::text, 26, '0'), 'run ' || i, 'experiment ' || i % 200, case when i % 9973 = 5 then '{rare}'::text[] else array['tag ' || i % 7] end,
        jsonb_build_object('loss', ((i * 7919::bigint) % 100003) / 100003.0, 'accuracy', ((i * 1009::bigint) % 100003) / 100003.0, 'valLoss', ((i * 4003::bigint) % 100003) / 100003.0,
          'valAccuracy', ((i * 7::bigint) % 1003) / 1003.0, 'deadNeurons', i % 9, 'hiddenNeurons', 64, 'samplesPerSecond', 1000.5 + i),
        case when i > $2 - ${QUEUED} then 'queued' else 'succeeded' end::run_status, timestamptz '2026-01-01' + i * interval '1 second',
        case when i > $2 - ${QUEUED} then null else timestamptz '2026-01-01' + (i + i % 17) * interval '1 second' end, ${same}
      from generate_series($1::int, least($1 + 9999, $2 - 1)::int) as i join runs source on source.id = ($3::text[])[1 + i % ${TEMPLATES}]`,
      [from, runs, ids],
    );
  await store.pool.query(
    `with changed as (select * from runs where not exists (select from run_specs where run_id = id)), ${keepSearchable(await chooseFolding(store.pool))} select`,
  );
  await store.pool.query(keepFigures('runs'));
}
