/** The verbs that talk to a running service. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { RelumineClient } from '../client/index.ts';
import { RUN_STATUSES, type Job, type Run, type RunStatus } from '../schemas/index.ts';
import { submitDemo, whatToLookAt } from './demo.ts';
import { clean, number, percent, since, table } from './text.ts';
import { watch } from './watch.ts';

interface Common {
  url: string;
  json?: true;
}
const RUN = 'the id of a run, or `latest` for the newest one';

export function addClientCommands(program: Command, defaultUrl: string): void {
  const verb = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--url <url>', 'where the service is (RELUMINE_URL)', defaultUrl)
      .option('--json', 'print JSON');

  verb('submit', 'submit a job')
    .argument('<job.json>', 'the file of the job, - for standard input')
    .option('--watch', 'then watch the run')
    .action(async (file: string, options: Common & { watch?: true }) => {
      const client = new RelumineClient(options.url);
      const run = await client.submit(await readJob(file));
      if (options.watch) await watchToEnd(client, run, options);
      else print(run, options, `${run.id}  ${clean(run.name)}\n${options.url}/runs/${run.id}`);
    });

  verb('train', 'submit a job, watch it and fail if it fails')
    .argument('<job.json>', 'the file of the job, - for standard input')
    .action(async (file: string, options: Common) => {
      const client = new RelumineClient(options.url);
      await watchToEnd(client, await client.submit(await readJob(file)), options);
    });

  verb('list', 'list runs, newest first')
    .option('--status <status...>', `one or several of ${RUN_STATUSES.join(', ')}`)
    .option('--experiment <name>')
    .option('--tag <tag>')
    .option('--query <text>', 'searched in name, notes, experiment and tags')
    .option('--order-by <key>', 'createdAt or a summary metric, - in front for descending')
    .option('--limit <count>', 'at most so many', '20')
    .action(
      async (
        options: Common & {
          status?: RunStatus[];
          experiment?: string;
          tag?: string;
          query?: string;
          orderBy?: string;
          limit: string;
        },
      ) => {
        const { status, experiment, tag, query: q, orderBy } = options;
        const page = await new RelumineClient(options.url).listPage({
          status,
          experiment,
          tag,
          q,
          orderBy,
          limit: Number(options.limit),
        });
        print(page, options, page.data.length === 0 ? 'no runs' : table([HEADINGS, ...page.data.map(rowOf)]));
      },
    );

  verb('get', 'show a run')
    .argument('<run>', RUN)
    .action(async (id: string, options: Common) => {
      const run = await find(new RelumineClient(options.url), id);
      print(run, options, describe(run));
    });

  verb('watch', 'watch a run until it is over')
    .argument('<run>', RUN)
    .action(async (id: string, options: Common) => {
      const client = new RelumineClient(options.url);
      await watchToEnd(client, await find(client, id), options);
    });

  for (const action of ['pause', 'resume', 'cancel'] as const) {
    verb(action, `${action} a run`)
      .argument('<run>', RUN)
      .action(async (id: string, options: Common) => {
        const client = new RelumineClient(options.url);
        const run = await client[action](await idOf(client, id));
        print(run, options, `${run.id}  ${run.status}`);
      });
  }

  verb('delete', 'delete runs and all that they stored')
    .argument('<runs...>', 'ids of runs')
    .action(async (ids: string[], options: Common) => {
      const client = new RelumineClient(options.url);
      for (const id of ids) {
        await client.delete(id);
        print({ id, deleted: true }, options, `${id}  deleted`);
      }
    });

  verb('demo', 'submit a deep narrow ReLU network whose layers are dead, and the same one with Leaky ReLU').action(
    async (options: Common) => {
      const runs = await submitDemo(new RelumineClient(options.url));
      print(
        runs,
        options,
        `${runs.map(({ id, name }) => `${id}  ${name}`).join('\n')}\n${whatToLookAt(runs, options.url)}`,
      );
    },
  );
}

/** Exit code 1 for a failed run, 2 for a cancelled one. */
async function watchToEnd(client: RelumineClient, run: Run, { json }: Common): Promise<void> {
  const status = await watch(client, run, { json: json === true });
  process.exitCode = status === 'succeeded' ? 0 : status === 'cancelled' ? 2 : 1;
}

async function readJob(file: string): Promise<Job> {
  const source = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  try {
    return JSON.parse(source) as Job;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function find(client: RelumineClient, id: string): Promise<Run> {
  if (id !== 'latest') return client.get(id);
  const {
    data: [newest],
  } = await client.listPage({ limit: 1 });
  if (!newest) throw new Error('there are no runs yet');
  return newest;
}

const idOf = async (client: RelumineClient, id: string) => (id === 'latest' ? (await find(client, id)).id : id);

function print(value: unknown, { json }: Common, plain: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : plain}\n`);
}

const HEADINGS = ['RUN', 'STATUS', 'NAME', 'DONE', 'LOSS', 'VAL LOSS', 'VAL ACCURACY', 'DEAD', 'SUBMITTED'];

function rowOf({ id, status, name, progress, summary, createdAt }: Run): string[] {
  const dead = typeof summary.deadNeurons === 'number' ? `${summary.deadNeurons}/${summary.hiddenNeurons ?? '-'}` : '-';
  const done = progress.steps > 0 ? percent(progress.step / progress.steps) : '-';
  return [
    id,
    status,
    clean(name).slice(0, 40),
    done,
    number(summary.loss),
    number(summary.valLoss),
    percent(summary.valAccuracy),
    dead,
    since(createdAt),
  ];
}

function describe(run: Run): string {
  const { summary, progress } = run;
  const facts: [string, string][] = [
    ['run', run.id],
    ['name', clean(run.name)],
    ['status', run.status],
    ['experiment', clean(run.experiment)],
    ['tags', clean(run.tags.join(', '))],
    ['engine', run.engine ? `${run.engine.name} ${run.engine.version} (${run.engine.backend})` : ''],
    ['progress', `epoch ${progress.epoch}/${progress.epochs}, step ${progress.step}/${progress.steps}`],
    ...Object.entries(summary).map(([key, value]): [string, string] => [key, number(value)]),
    ['submitted', run.createdAt],
    ['started', run.startedAt ?? ''],
    ['finished', run.finishedAt ?? ''],
    ['error', run.error ? `${run.error.code}: ${clean(run.error.message)}` : ''],
  ];
  return table(facts.filter(([, value]) => value !== ''));
}
