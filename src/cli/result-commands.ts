/** The verbs that show what came of runs: neurons, models, predictions, comparisons. */
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  MODEL_FORMATS,
  type CheckpointSelector,
  type ModelFormat,
  type NeuronState,
  type Prediction,
} from '../vocabulary/index.ts';
import { findRun, idOf, RUN } from './find-run.ts';
import { describeComparison, describeNeurons, describePrediction } from './result-views.ts';
import { readRows } from './rows.ts';
import { connect, examples, print, type Common, type Verb } from './verb.ts';

const CHECKPOINT = 'best, final or the step of a checkpoint that is kept';
/** A longer request would not fit into a body. */
const ROWS_PER_REQUEST = 1000;
const EXTENSIONS: Record<ModelFormat, string> = { json: 'json', tfjs: 'tfjs.json', onnx: 'onnx' };

export function addResultCommands(verb: Verb): void {
  verb('neurons', 'show the health of the layers of a run, or of each neuron')
    .argument('<run>', RUN)
    .option('--each', 'list every neuron')
    .option('--layer <name>', 'only this layer, such as dense_1')
    .option('--state <states>', 'only neurons in these states, separated by commas, such as dead,silent')
    .option('--step <step>', 'the newest verdict at or before this step')
    .addHelpText('after', examples('relumine neurons latest', 'relumine neurons latest --state dead,silent'))
    .action(async (run: string, options: Common & { each?: true; layer?: string; state?: string; step?: string }) => {
      const client = connect(options);
      const { layer, state, step } = options;
      const verdict = await client.neurons(await idOf(client, run), {
        ...(layer !== undefined && { layer }),
        ...(state !== undefined && { state: state.split(',') as NeuronState[] }),
        ...(step !== undefined && { step: Number(step) }),
      });
      const isFiltered = layer !== undefined || state !== undefined;
      print(verdict, options, describeNeurons(verdict, options.each === true || isFiltered));
    });

  verb('model', 'download the trained model of a run')
    .argument('<run>', RUN)
    .option('--format <format>', `one of ${MODEL_FORMATS.join(', ')}`, 'json')
    .option('--checkpoint <checkpoint>', CHECKPOINT)
    .option('-o, --output <file>', 'where to write it, or - for standard output; default: a file named after the run')
    .addHelpText(
      'after',
      examples('relumine model latest --format onnx', 'relumine model latest --checkpoint best -o -'),
    )
    .action(async (run: string, options: Common & { format: string; checkpoint?: string; output?: string }) => {
      const client = connect(options);
      const id = await idOf(client, run);
      const format = MODEL_FORMATS.find((known) => known === options.format);
      if (!format) throw new Error(`--format must be one of ${MODEL_FORMATS.join(', ')}, but is ${options.format}.`);
      const bytes = await client.model(id, format, checkpointOf(options.checkpoint));
      const file = options.output ?? `${id}.${EXTENSIONS[format]}`;
      if (file === '-') process.stdout.write(bytes);
      else {
        await writeFile(file, bytes);
        print({ runId: id, format, file, bytes: bytes.length }, options, `${file}  ${bytes.length} bytes`);
      }
    });

  verb('predict', 'predict with the trained model of a run')
    .argument('<run>', RUN)
    .argument('<rows>', 'file of rows as JSON, JSON Lines or CSV, or - for standard input')
    .option('--checkpoint <checkpoint>', CHECKPOINT)
    .addHelpText(
      'after',
      examples('relumine predict latest rows.csv', `echo '[[0.5, -0.5]]' | relumine predict latest - --json`),
    )
    .action(async (run: string, file: string, options: Common & { checkpoint?: string }) => {
      const client = connect(options);
      const source = file === '-' ? 'Standard input' : file;
      const rows = readRows(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'), source);
      const id = await idOf(client, run);
      const parts: Prediction[] = [];
      for (let from = 0; from < rows.length; from += ROWS_PER_REQUEST)
        parts.push(
          await client.predict(id, rows.slice(from, from + ROWS_PER_REQUEST), checkpointOf(options.checkpoint)),
        );
      const prediction = joined(parts);
      print(prediction, options, describePrediction(prediction));
    });

  verb('compare', 'show what differs between runs, and what came of each')
    .argument('<runs...>', 'two or more runs; the first one is what the others are compared with')
    .addHelpText('after', examples('relumine compare latest latest~1'))
    .action(async (names: string[], options: Common) => {
      const client = connect(options);
      if (names.length < 2) throw new Error('Name two runs or more: relumine compare latest latest~1');
      const runs = [];
      for (const name of names) runs.push(await findRun(client, name));
      print(runs, options, describeComparison(runs));
    });
}

function checkpointOf(text: string | undefined): { checkpoint?: CheckpointSelector } {
  if (text === undefined) return {};
  return { checkpoint: /^\d+$/.test(text) ? Number(text) : (text as CheckpointSelector) };
}

/** The answers to parts of the rows, in order. */
function joined(parts: readonly Prediction[]): Prediction {
  const [first] = parts;
  if (!first) throw new Error('There are no rows to predict for.');
  const labels = parts.flatMap<string | string[]>((part) => part.labels ?? []) as string[] | string[][];
  return { ...first, outputs: parts.flatMap(({ outputs }) => outputs), ...(first.labels && { labels }) };
}
