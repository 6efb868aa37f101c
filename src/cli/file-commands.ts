/** `relumine export` and `relumine import`: tables and archives as files. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { TABLE_FORMATS, type TableFormat } from '../vocabulary/index.ts';
import { idOf, RUN } from './find-run.ts';
import { connect, examples, print, type Common, type Verb } from './verb.ts';

const FORMAT = `one of ${TABLE_FORMATS.join(', ')}`;
const OUTPUT = 'where to write it, or - for standard output';

interface FileOptions extends Common {
  output?: string;
}
interface TableOptions extends FileOptions {
  format: string;
}

export function addFileCommands(program: Command, verb: Verb): void {
  const group = program.command('export').description('write metrics, neurons, runs or whole experiments to files');

  verb('metrics', 'every metric of a run, one row per step', group)
    .argument('<run>', RUN)
    .option('--format <format>', FORMAT, 'csv')
    .option('--keys <keys>', 'only these metrics, separated by commas')
    .option('--points <count>', 'about so many points per metric instead of all')
    .option('-o, --output <file>', `${OUTPUT}; default: a file named after the run`)
    .addHelpText(
      'after',
      examples('relumine export metrics latest', 'relumine export metrics latest --format parquet -o m.parquet'),
    )
    .action(async (run: string, options: TableOptions & { keys?: string; points?: string }) => {
      const client = connect(options);
      const [id, format] = [await idOf(client, run), formatOf(options)];
      const { keys, points } = options;
      const bytes = await client.exportMetrics(id, format, {
        ...(keys !== undefined && { keys: keys.split(',') }),
        ...(points !== undefined && { points: Number(points) }),
      });
      await save(bytes, `${id}-metrics.${format}`, options);
    });

  verb('neurons', 'the newest verdict on the neurons of a run, one row per neuron', group)
    .argument('<run>', RUN)
    .option('--format <format>', FORMAT, 'csv')
    .option('-o, --output <file>', `${OUTPUT}; default: a file named after the run`)
    .addHelpText('after', examples('relumine export neurons latest'))
    .action(async (run: string, options: TableOptions) => {
      const client = connect(options);
      const [id, format] = [await idOf(client, run), formatOf(options)];
      await save(await client.exportNeurons(id, format), `${id}-neurons.${format}`, options);
    });

  verb('runs', 'every run that matches, one per row', group)
    .option('--format <format>', 'csv or jsonl', 'csv')
    .option('--filter <filter>', 'such as \'summary.valLoss < 0.1 and tags contains "a"\'')
    .option('--experiment <name>', 'only runs of this experiment')
    .option('--query <text>', 'text to find in names, notes, experiments, tags and specs')
    .option('--order <field>', 'sort by this field; a leading - sorts in descending order')
    .option('-o, --output <file>', `${OUTPUT}; default: runs.csv or runs.jsonl`)
    .addHelpText('after', examples('relumine export runs --filter "valLoss < 0.1" -o -'))
    .action(
      async (options: TableOptions & { filter?: string; experiment?: string; query?: string; order?: string }) => {
        const format = formatOf(options);
        if (format === 'parquet') throw new Error('--format must be csv or jsonl: runs differ in their columns.');
        const { filter, experiment, query, order } = options;
        const bytes = await connect(options).exportRuns(format, {
          ...(filter !== undefined && { filter }),
          ...(experiment !== undefined && { experiment }),
          ...(query !== undefined && { q: query }),
          ...(order !== undefined && { orderBy: order }),
        });
        await save(bytes, `runs.${format}`, options);
      },
    );

  verb('experiment', 'all runs of an experiment as one archive, which import reads', group)
    .argument('<name>', 'the experiment')
    .option('--data', 'with the uploaded data sets that its runs name')
    .option('-o, --output <file>', `${OUTPUT}; default: a file named after the experiment`)
    .addHelpText(
      'after',
      examples('relumine export experiment dying-relu', 'relumine export experiment dying-relu --data -o all.tar.gz'),
    )
    .action(async (name: string, options: FileOptions & { data?: true }) => {
      const bytes = await connect(options).exportExperiment(name, { data: options.data === true });
      await save(bytes, `${name.replace(/[^\w.-]+/g, '-') || 'experiment'}.tar.gz`, options);
    });

  verb('import', 'add the runs of an archive to this service')
    .argument('<archive>', 'file that `relumine export experiment` wrote, or - for standard input')
    .addHelpText('after', examples('relumine import dying-relu.tar.gz'))
    .action(async (file: string, options: Common) => {
      const stream = file === '-' ? process.stdin : createReadStream(file);
      const client = connect(options);
      const answer = await client.importArchive(Readable.toWeb(stream) as ReadableStream);
      const renamed = [...answer.runs, ...answer.datasets].filter(({ from, to }) => from !== to);
      print(
        answer,
        options,
        [
          `${answer.runs.length} runs and ${answer.datasets.length} data sets imported${answer.experiment === '' ? '' : ` into ${JSON.stringify(answer.experiment)}`}`,
          ...renamed.map(({ from, to }) => `  ${from} is ${to} here`),
        ].join('\n'),
      );
    });
}

function formatOf({ format }: TableOptions): TableFormat {
  const found = TABLE_FORMATS.find((known) => known === format);
  if (!found) throw new Error(`--format must be ${FORMAT}, but is ${format}.`);
  return found;
}

/** A file that broke off is removed. */
async function save(bytes: ReadableStream<Uint8Array>, byDefault: string, options: FileOptions): Promise<void> {
  const { output: file = byDefault } = options;
  const source = Readable.fromWeb(bytes);
  if (file === '-') {
    await pipeline(source, process.stdout, { end: false });
    return;
  }
  let size = 0;
  source.on('data', (chunk: Uint8Array) => (size += chunk.length));
  try {
    await pipeline(source, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  print({ file, bytes: size }, options, `${file}  ${size} bytes`);
}
