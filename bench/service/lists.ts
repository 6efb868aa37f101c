/** Measures a page of a list of very many runs over HTTP, for every way to sort, to filter and to search. */
import { keepFigures } from '../../src/store/runs/run-figures.ts';
import { chooseFolding } from '../../src/store/postgres/folding.ts';
import { keepSearchable } from '../../src/store/runs/run-labels.ts';
import type { Store } from '../../src/store/store.ts';
import { onDatabases } from './filled-databases.ts';
import { create, measureQuery } from './history.ts';
import type { Row } from './table.ts';

const TEMPLATES = 40;
/** Of all runs, so many are in the queue. */
const QUEUED = 200;

const filter = (text: string): string => `/v1/runs?filter=${encodeURIComponent(text)}`;
/** Lists are pages of 50. */
const QUERIES: Record<string, string> = {
  'newest first': '/v1/runs',
  'oldest first': '/v1/runs?orderBy=createdAt',
  'by valLoss': '/v1/runs?orderBy=valLoss',
  'by valLoss, descending': '/v1/runs?orderBy=-valLoss',
  'by accuracy, descending': '/v1/runs?orderBy=-accuracy',
  'by macroF1, which no run has': '/v1/runs?orderBy=-macroF1',
  'by name': '/v1/runs?orderBy=name',
  'by experiment': '/v1/runs?orderBy=experiment',
  'by status': '/v1/runs?orderBy=status',
  'by finishedAt, descending': '/v1/runs?orderBy=-finishedAt',
  'by the learning rate': '/v1/runs?orderBy=-spec.training.optimizer.learningRate',
  'by the optimizer': '/v1/runs?orderBy=spec.training.optimizer.type',
  'by the batch size': '/v1/runs?orderBy=spec.training.batchSize',
  'of one status': '/v1/runs?status=queued',
  'of one experiment': '/v1/runs?experiment=experiment%2013',
  'of one experiment, by valLoss': '/v1/runs?experiment=experiment%2013&orderBy=valLoss',
  'with a tag': '/v1/runs?tag=tag%203',
  'with a rare tag': '/v1/runs?tag=rare',
  'valLoss < 0.1': filter('valLoss < 0.1'),
  'optimizer.type = "adam" and valLoss < 0.0001': filter('spec.training.optimizer.type = "adam" and valLoss < 0.0001'),
  'metadata.host = "none"': filter('metadata.host = "none"'),
  'q that many match': '/v1/runs?q=adamw',
  'q that few match': '/v1/runs?q=run%2054321',
  'q that nothing matches': '/v1/runs?q=zzzz',
  'a number as q': '/v1/runs?q=0.12345',
  'groups by optimizer, one figure': '/v1/runs/groups?by=spec.training.optimizer.type&keys=valLoss',
  'groups by experiment, all figures': '/v1/runs/groups?by=experiment',
};

/** On the embedded database, and on a Postgres server where the URL of an empty database is given. */
export async function measureLists(runs: number, databaseUrl?: string): Promise<Row[]> {
  const rows: Row[] = [];
  await onDatabases(databaseUrl, {
    fill: (store) => fill(store, runs),
    async measure(service, database) {
      for (const [name, path] of Object.entries(QUERIES))
        rows.push(...(await measureQuery(`${runs} runs, ${database} database: ${name}`, service.url + path)));
    },
  });
  return rows;
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
