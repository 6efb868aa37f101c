/** The verbs that talk to a running service. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { RelumineClient } from '../client/index.ts';
import {
  FIGURES,
  mergePatch,
  LOSS_UNIT_NAMES,
  RUN_STATUSES,
  SUMMARY_KEYS,
  type AdviceCode,
  type Job,
  type Run,
  type RunStatus,
} from '../vocabulary/index.ts';
import { describeChange, describeDiagnosis } from './diagnosis-view.ts';
import { submitDemo, whatToLookAt } from './demo.ts';
import { addFileCommands } from './file-commands.ts';
import { findRun, idOf, RUN } from './find-run.ts';
import { describeList, listRuns } from './list.ts';
import { addPeopleCommands } from './people-commands.ts';
import { addResultCommands } from './result-commands.ts';
import { clean, figure, table } from './text.ts';
import { describeTrials } from './trials-view.ts';
import { connect, examples, print, verbsOf, type Access, type Common } from './verb.ts';
import { watch } from './watch.ts';
import { watchTrials } from './watch-trials.ts';

const PROJECT = 'the project of the run: its id, or its name';
const JOB = 'file that holds the job, or - for standard input';

export function addClientCommands(program: Command, access: Access): void {
  const verb = verbsOf(program, access);

  verb('submit', 'submit a job')
    .argument('<job.json>', JOB)
    .option('--project <project>', PROJECT)
    .option('--watch', 'watch the run until it ends')
    .addHelpText('after', examples('relumine submit job.json --watch', 'cat job.json | relumine submit -'))
    .action(async (file: string, options: Common & { project?: string; watch?: true }) => {
      const client = connect(options);
      const run = await client.submit(await readJob(file, options));
      if (options.watch) await watchToEnd(client, run, options);
      else print(run, options, `${run.id}  ${clean(run.name)}\n${options.url}/runs/${run.id}`);
    });

  verb('train', 'submit a job and watch it; exits with 0 only if the run succeeds')
    .argument('<job.json>', JOB)
    .option('--project <project>', PROJECT)
    .addHelpText('after', examples('relumine train job.json && relumine model latest --format onnx'))
    .action(async (file: string, options: Common & { project?: string }) => {
      const client = connect(options);
      await watchToEnd(client, await client.submit(await readJob(file, options)), options);
    });

  verb('list', 'list runs, newest first')
    .option('--status <status...>', `one or more of ${RUN_STATUSES.join(', ')}`)
    .option('--project <project>', 'only runs of this project: its id, or its name')
    .option('--experiment <name>', 'only runs of this experiment')
    .option('--tag <tag>', 'only runs with this tag')
    .option('--query <text>', 'text to find in names, notes, experiments, tags and specs')
    .option('--filter <filter>', 'conditions on any field, such as "valLoss < 0.1 and training.epochs > 5"')
    .option(
      '--order, --order-by <field>',
      'a field such as createdAt or valLoss; a leading - sorts in descending order',
    )
    .option('--limit <count>', 'maximum number of runs', '20')
    .option('--all', 'every run that matches')
    .addHelpText(
      'after',
      examples(
        'relumine list --filter "valLoss < 0.1" --order valLoss',
        `relumine list --filter 'training.optimizer.type = "sgd"' --order=-training.optimizer.learningRate`,
        'relumine list --all --json',
      ),
    )
    .action(
      async (
        options: Common & {
          status?: RunStatus[];
          project?: string;
          experiment?: string;
          tag?: string;
          query?: string;
          filter?: string;
          orderBy?: string;
          limit: string;
          all?: true;
        },
      ) => {
        const { status, project, experiment, tag, query: q, filter, orderBy, limit } = options;
        const query = Object.fromEntries(
          Object.entries({ status, project, experiment, tag, q, filter, orderBy }).filter(
            ([, value]) => value !== undefined,
          ),
        );
        const list = await listRuns(connect(options), { ...query, limit: Number(limit) }, options.all === true);
        print(list, options, describeList(list));
      },
    );

  verb('get', 'show a run')
    .argument('<run>', RUN)
    .addHelpText('after', examples('relumine get latest', 'relumine get latest~1 --json'))
    .action(async (id: string, options: Common) => {
      const run = await findRun(connect(options), id);
      print(run, options, describe(run));
    });

  verb('diagnose', 'say what is wrong with a run, why, and what to change')
    .argument('<run>', RUN)
    .addHelpText('after', examples('relumine diagnose latest'))
    .action(async (id: string, options: Common) => {
      const client = connect(options);
      const diagnosis = await client.diagnosis(await idOf(client, id));
      print(diagnosis, options, describeDiagnosis(diagnosis));
    });

  verb('try', 'try the advice for a run beside the untouched job, and say what helped')
    .argument('<run>', RUN)
    .option('--advice <codes>', 'codes of the pieces to try, separated by commas; every piece by default')
    .option('--seeds <count>', 'how many seeds each piece is tried with', '3')
    .addHelpText('after', examples('relumine try latest --seeds 5'))
    .action(async (id: string, options: Common & { advice?: string; seeds: string }) => {
      const client = connect(options);
      const runId = await idOf(client, id);
      const advice = options.advice?.split(',') as AdviceCode[] | undefined;
      const begun = await client.startTrials(runId, { seeds: Number(options.seeds), ...(advice && { advice }) });
      const trials = await watchTrials(client, begun, { json: options.json === true });
      print(trials, options, describeTrials(trials, id));
    });

  verb('take', 'submit the job of a run with the first piece of its advice')
    .argument('<run>', RUN)
    .option('--watch', 'watch the new run until it ends')
    .addHelpText('after', examples('relumine take latest --watch'))
    .action(async (id: string, options: Common & { watch?: true }) => {
      const client = connect(options);
      const parent = await client.get(await idOf(client, id));
      const [best] = (await client.diagnosis(parent.id)).advice;
      if (!best || best.change.length === 0) throw new Error('The diagnosis of this run has no advice to take.');
      const job = mergePatch(parent.spec, best.patch) as Job;
      const run = await client.submit({ ...job, parentId: parent.id });
      if (options.watch) await watchToEnd(client, run, options);
      else
        print(
          run,
          options,
          [`${run.id}  ${clean(run.name)}`, ...describeChange(run.change), `${options.url}/runs/${run.id}`].join('\n'),
        );
    });

  verb('watch', 'watch a run until it ends')
    .argument('<run>', RUN)
    .addHelpText('after', examples('relumine watch latest', 'relumine watch latest --json'))
    .action(async (id: string, options: Common) => {
      const client = connect(options);
      await watchToEnd(client, await findRun(client, id), options);
    });

  for (const action of ['pause', 'resume', 'cancel'] as const) {
    verb(action, `${action} a run`)
      .argument('<run>', RUN)
      .addHelpText('after', examples(`relumine ${action} latest`))
      .action(async (id: string, options: Common) => {
        const client = connect(options);
        const run = await client[action](await idOf(client, id));
        print(run, options, `${run.id}  ${run.status}`);
      });
  }

  verb('delete', 'delete runs and all of their data')
    .argument('<runs...>', RUN)
    .addHelpText('after', examples('relumine delete latest', 'relumine delete run_01kc3 run_01kc4'))
    .action(async (names: string[], options: Common) => {
      const client = connect(options);
      // All of them are found first: the one before the latest is another one once that is gone.
      const runs = [];
      for (const name of names) runs.push(await findRun(client, name));
      for (const { id } of runs) {
        await client.delete(id);
        print({ id, deleted: true }, options, `${id}  deleted`);
      }
    });

  addResultCommands(verb);
  addFileCommands(program, verb);
  addPeopleCommands(program, verb);

  verb('demo', 'submit three runs that show dying ReLU neurons').action(async (options: Common) => {
    const runs = await submitDemo(connect(options));
    print(
      runs,
      options,
      `${runs.map(({ id, name }) => `${id}  ${name}`).join('\n')}\n${whatToLookAt(runs, options.url)}`,
    );
  });
}

/** Exit code 1 for a failed run, 2 for a cancelled one. */
async function watchToEnd(client: RelumineClient, run: Run, { json }: Common): Promise<void> {
  const status = await watch(client, run, { json: json === true });
  process.exitCode = status === 'succeeded' ? 0 : status === 'cancelled' ? 2 : 1;
}

/** `project` comes before what the file says. */
async function readJob(file: string, { project }: { project?: string }): Promise<Job> {
  const source = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  try {
    const job = JSON.parse(source) as Job;
    return project === undefined ? job : { ...job, project };
  } catch (error) {
    throw new Error(
      `${file === '-' ? 'Standard input' : file} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function describe(run: Run): string {
  const { summary, progress } = run;
  const facts: [string, string][] = [
    ['run', run.id],
    ['name', clean(run.name)],
    ['status', run.status],
    ['experiment', clean(run.experiment)],
    ['tags', clean(run.tags.join(', '))],
    ['made from', run.parentId ?? ''],
    ['changed', describeChange(run.change).join('; ')],
    ['engine', run.engine ? `${run.engine.name} ${run.engine.version} (${run.engine.backend})` : ''],
    ['progress', `epoch ${progress.epoch}/${progress.epochs}, step ${progress.step}/${progress.steps}`],
    ...SUMMARY_KEYS.map((key): [string, string] => [
      FIGURES[key].name,
      summary[key] === undefined ? '' : figure(key, summary[key]),
    ]),
    ['losses', summary.lossUnit ? LOSS_UNIT_NAMES[summary.lossUnit] : ''],
    ['submitted', run.createdAt],
    ['started', run.startedAt ?? ''],
    ['finished', run.finishedAt ?? ''],
    ['error', run.error ? `${run.error.code}: ${clean(run.error.message)}` : ''],
  ];
  return table(facts.filter(([, value]) => value !== ''));
}
