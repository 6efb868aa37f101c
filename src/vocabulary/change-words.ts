/**
 * A job's changes as a person reads them: "learning rate: 0.1 → 0.003". The page and the terminal join the parts in
 * their own ways. The names of the fields are those of the form.
 */
import { ACTIVATION_OPTIONS, DEFAULT_KERNEL_INITIALIZER } from './activations.ts';
import { isObject, type Change } from './changes.ts';
import { INITIALIZER_OPTIONS } from './initializers.ts';
import { LAYER_OPTIONS } from './model.ts';
import { OPTIMIZER_OPTIONS } from './optimizers.ts';
import { SCHEDULE_OPTIONS } from './schedules.ts';
import type { Options } from './options.ts';

export interface ChangeWords {
  /** What is changed: "units of layers 1 and 2". */
  what: string;
  from: string;
  to: string;
}

/** The same change to several layers is one line. */
export function wordsOf(change: readonly Change[]): ChangeWords[] {
  const lines: (ChangeWords & { layers: number[] })[] = [];
  for (const { path, from, to } of change) {
    const { layer, field } = placeOf(path);
    const [before, after] = [valueInWords(field, from), valueInWords(field, to)];
    // A spec of an older version lacks an option that is at its default.
    if (before === after && (from === null || to === null)) continue;
    const line = {
      what: fieldName(field),
      from: before,
      to: before === after ? `${after}, changed` : after,
      layers: layer === null ? [] : [layer],
    };
    const alike = lines.find(
      (other) =>
        layer !== null &&
        other.layers.length > 0 &&
        other.what === line.what &&
        other.from === line.from &&
        other.to === line.to,
    );
    if (alike) alike.layers.push(...line.layers);
    else lines.push(line);
  }
  return lines.map(({ what, from, to, layers }) => ({
    what: layers.length === 0 ? what : what === '' ? layersNamed(layers) : `${what} of ${layersNamed(layers)}`,
    from,
    to,
  }));
}

/** `model.layers[2].activation.alpha` is `activation.alpha` of layer 3. */
function placeOf(path: string): { layer: number | null; field: string } {
  const [, index, field = ''] = /^model\.layers\[(\d+)\](?:\.(.+))?$/.exec(path) ?? [];
  return index === undefined ? { layer: null, field: path } : { layer: Number(index) + 1, field };
}

/** `layer 2`, `layers 1 to 4`, `layers 1, 2 and 4`. */
function layersNamed(layers: readonly number[]): string {
  const [first = 0, last = 0] = [layers[0], layers.at(-1)];
  if (layers.length === 1) return `layer ${first}`;
  if (layers.length > 2 && last - first === layers.length - 1) return `layers ${first} to ${last}`;
  return `layers ${layers.slice(0, -1).join(', ')} and ${last}`;
}

/** Where the last part of the path is not how a person would call it. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  'dataset.name': 'data set',
  'dataset.id': 'data set',
  'dataset.version': 'version of the data',
  'dataset.hash': 'hash of the data',
  'dataset.limit': 'samples, at most',
  'dataset.seed': 'seed of the data',
  'dataset.validationSplit': 'validation share',
  'dataset.normalize': 'normalize inputs',
  'model.layers': 'layers',
  'model.output.activation': 'output activation',
  'model.output.kernelInitializer': 'output kernel',
  'model.output.biasInitializer': 'output bias',
  'model.initialWeights.alphas': 'given slopes',
  'model.initialWeights': 'given weights',
  'training.shuffle': 'shuffle every epoch',
  'training.schedule': 'learning rate schedule',
  'training.stopping': 'early stopping',
  'training.stopping.metric': 'stopping metric',
  'training.stopping.patience': 'stopping patience',
  'training.stopping.minDelta': 'stopping minimum gain',
  'telemetry.metricsEverySteps': 'steps per metric',
  'telemetry.checkpointEverySeconds': 'seconds per checkpoint',
  'telemetry.keepCheckpoints': 'checkpoints that are kept',
  kernelInitializer: 'kernel',
  biasInitializer: 'bias',
};

/** What a field of a job is called; `model.layers[0].units` is `units`. */
export function fieldName(path: string): string {
  const { field } = placeOf(path.replace(/^model\.layers\.(\d+)/, 'model.layers[$1]'));
  const name = FIELD_NAMES[field];
  if (name !== undefined) return name;
  const [owner, last] = field.split('.').slice(-2);
  // The options of a layer's choices are ambiguous without the choice: the mean of the kernel or of the bias?
  if (last !== undefined && owner !== undefined && owner in CHOICES && !(owner in NAMED_BY_OPTION))
    return `${apart(last)} of the ${FIELD_NAMES[owner] ?? owner}`;
  return apart(last ?? owner ?? '');
}

/** A name of the code as words: `learningRate` is `learning rate`. */
export const apart = (name: string): string => name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

/** Choices by the name of their field, with the options of each. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, Options>>>> = {
  optimizer: OPTIMIZER_OPTIONS,
  schedule: SCHEDULE_OPTIONS,
  activation: ACTIVATION_OPTIONS,
  kernelInitializer: INITIALIZER_OPTIONS,
  biasInitializer: INITIALIZER_OPTIONS,
};
/** There is one of each, so that the option alone says what is meant. */
const NAMED_BY_OPTION: Readonly<Record<string, true>> = { optimizer: true, schedule: true };

/** Null by the name of its field; elsewhere it is what was not there. */
const NULL_WORDS: Readonly<Record<string, string>> = { 'dataset.limit': 'all' };

function valueInWords(field: string, value: unknown): string {
  if (value === null || value === undefined) return NULL_WORDS[field] ?? 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return field === 'model.layers' ? layersInWords(value) : value.map(plain).join(', ');
  if (!isObject(value)) return plain(value);
  if (field === '') return layerInWords(value);
  if ('type' in value) return choiceInWords(CHOICES[field.split('.').at(-1) ?? ''] ?? {}, value);
  return Object.entries(value)
    .map(([key, entry]) => `${apart(key)} ${plain(entry)}`)
    .join(', ');
}

/** `leakyRelu`, `elu (alpha 0.5)`: options at their default are left out, except for the learning rate. */
function choiceInWords(choices: Readonly<Record<string, Options>>, choice: Readonly<Record<string, unknown>>): string {
  const { type, ...options } = choice;
  const known = choices[String(type)] ?? {};
  const shown = Object.entries(options)
    .filter(([key, value]) => key === 'learningRate' || value !== known[key]?.default)
    .map(([key, value]) => `${apart(key)} ${valueInWords(key, value)}`);
  return shown.length > 0 ? `${plain(type)} (${shown.join(', ')})` : plain(type);
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** `9 × dense 2 relu, dropout 0.2`, or `3 × (dense 8 linear, batchNormalization, activation relu)`. */
export function layersInWords(layers: readonly unknown[]): string {
  const words = layers.map((layer) => (isObject(layer) ? layerInWords(layer) : plain(layer)));
  const parts: string[] = [];
  for (let at = 0; at < words.length;) {
    const { length, times } = repetitionAt(words, at);
    const group = words.slice(at, at + length).join(', ');
    parts.push(times === 1 ? group : `${times} × ${length === 1 ? group : `(${group})`}`);
    at += length * times;
  }
  return parts.join(', ') || 'none';
}

/** The group of layers at `at` that, repeated, covers the most layers; the shortest of those. */
function repetitionAt(words: readonly string[], at: number): { length: number; times: number } {
  let best = { length: 1, times: 1 };
  for (let length = 1; at + 2 * length <= words.length; length += 1) {
    const isRepeated = (i: number) => words[i] !== undefined && words[i] === words[i - length];
    let end = at + length;
    while (isRepeated(end)) end += 1;
    const times = Math.floor((end - at) / length);
    if (times > 1 && times * length > best.times * best.length) best = { length, times };
  }
  return best;
}

/** What is written in a layer, without what would be filled in. */
function layerInWords({ type, ...options }: Readonly<Record<string, unknown>>): string {
  const known: Options = Object.entries(LAYER_OPTIONS).find(([name]) => name === type)?.[1] ?? {};
  const activation = isObject(options['activation']) ? options['activation']['type'] : undefined;
  const usual: Readonly<Record<string, unknown>> = {
    kernelInitializer: Object.entries(DEFAULT_KERNEL_INITIALIZER).find(([name]) => name === activation)?.[1],
    biasInitializer: { type: 'zeros' },
  };
  const shown = Object.entries(options).flatMap(([key, value]) => {
    if (JSON.stringify(value) === JSON.stringify(usual[key] ?? known[key]?.default)) return [];
    const words = valueInWords(key, value);
    return [key === 'kernelInitializer' || key === 'biasInitializer' ? `${FIELD_NAMES[key]} ${words}` : words];
  });
  return [plain(type), ...shown].join(' ');
}
