/**
 * The fields of a run by which lists are filtered, sorted and grouped: paths such as `summary.valLoss` or
 * `spec.model.layers[0].units`. Those of the spec follow from the maps of options.
 */
import { ACTIVATION_OPTIONS } from './activations.ts';
import { SPLIT_OPTIONS, SYNTHETIC_OPTIONS, TASKS } from './dataset.ts';
import { INITIALIZER_OPTIONS } from './initializers.ts';
import { JOB_OPTIONS } from './job.ts';
import { LAYER_OPTIONS, OUTPUT_OPTIONS } from './model.ts';
import { OPTIMIZER_OPTIONS } from './optimizers.ts';
import { namesOf, type Option, type Options } from './options.ts';
import { LOSS_UNITS, RUN_STATUSES, SUMMARY_KEYS } from './run.ts';
import { SCHEDULE_OPTIONS } from './schedules.ts';
import { meantName } from './suggest.ts';
import { STOPPING_OPTIONS, TELEMETRY_OPTIONS, TRAINING_OPTIONS } from './training.ts';

/** `any`: numbers in some runs, and words or lists in others. */
export type FieldType = 'number' | 'text' | 'boolean' | 'time' | 'tags' | 'any';
export type PathKey = string | number;

export interface RunField {
  /** As it is written: `spec.model.layers[0].units`. */
  path: string;
  /** From the run itself; a negative index counts from the end of a list. */
  keys: readonly PathKey[];
  type: FieldType;
  /** The only values that it can have. */
  values?: readonly string[];
}

/** Why a path names no field. `key`: the index of the key that is wrong. */
export interface FieldProblem {
  key: number;
  message: string;
  expected: string;
  suggestion?: string;
}

type Place =
  | { kind: 'leaf'; type: FieldType; values?: readonly string[] }
  /** `short`: what the group stands for if no field of it is named. */
  | { kind: 'group'; fields: Readonly<Record<string, Place>>; short?: string }
  | { kind: 'list'; item: Place }
  /** Keys of the user's own. */
  | { kind: 'open'; item: Place };

const leaf = (type: FieldType, values?: readonly string[]): Place => ({
  kind: 'leaf',
  type,
  ...(values && { values }),
});
const group = (fields: Readonly<Record<string, Place>>): Place => ({ kind: 'group', fields });

function optionLeaf(option: Option): Place {
  if ('anyOf' in option) return leaf('any');
  if (option.type === 'string') return leaf('text', option.enum);
  if (option.type === 'boolean') return leaf('boolean');
  return leaf(option.type === 'null' ? 'any' : 'number');
}
const optionLeaves = (options: Options): Record<string, Place> =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, optionLeaf(option)]));
/** The type of a choice, and the options of all that can be chosen. */
const choice = (map: Readonly<Record<string, Options>>, more: Readonly<Record<string, Place>> = {}): Place => ({
  kind: 'group',
  short: 'type',
  fields: {
    type: leaf('text', namesOf(map)),
    ...Object.assign({}, ...Object.values(map).map(optionLeaves)),
    ...more,
  },
});

const initializer = choice(INITIALIZER_OPTIONS);
const SPEC: Record<string, Place> = {
  dataset: group({
    name: leaf('text'),
    id: leaf('text'),
    version: leaf('number'),
    hash: leaf('text'),
    task: leaf('text', TASKS),
    ...optionLeaves(SPLIT_OPTIONS),
    ...optionLeaves(SYNTHETIC_OPTIONS),
  }),
  model: group({
    layers: {
      kind: 'list',
      item: choice(LAYER_OPTIONS, {
        activation: choice(ACTIVATION_OPTIONS),
        kernelInitializer: initializer,
        biasInitializer: initializer,
      }),
    },
    output: group({ ...optionLeaves(OUTPUT_OPTIONS), kernelInitializer: initializer, biasInitializer: initializer }),
  }),
  training: group({
    ...optionLeaves(TRAINING_OPTIONS),
    optimizer: choice(OPTIMIZER_OPTIONS),
    schedule: choice(SCHEDULE_OPTIONS),
    stopping: group(optionLeaves(STOPPING_OPTIONS)),
  }),
  telemetry: group(optionLeaves(TELEMETRY_OPTIONS)),
  ...optionLeaves(JOB_OPTIONS),
};

const RUN: Record<string, Place> = {
  id: leaf('text'),
  name: leaf('text'),
  experiment: leaf('text'),
  tags: leaf('tags'),
  notes: leaf('text'),
  metadata: { kind: 'open', item: leaf('text') },
  status: leaf('text', RUN_STATUSES),
  spec: group(SPEC),
  summary: group({
    ...Object.fromEntries(SUMMARY_KEYS.map((key) => [key, leaf('number')])),
    lossUnit: leaf('text', LOSS_UNITS),
  }),
  progress: group({ epoch: leaf('number'), epochs: leaf('number'), step: leaf('number'), steps: leaf('number') }),
  engine: group({ name: leaf('text'), version: leaf('text'), backend: leaf('text') }),
  error: group({ code: leaf('text'), message: leaf('text') }),
  parentId: leaf('text'),
  attempt: leaf('number'),
  createdAt: leaf('time'),
  startedAt: leaf('time'),
  finishedAt: leaf('time'),
};
/** Where a path begins if it does not begin with a field of the run: `valLoss`, `training.epochs`. */
const SHORTCUTS = ['summary', 'spec'] as const;

export function findRunField(keys: readonly PathKey[]): { field: RunField } | { problem: FieldProblem } {
  const whole = Object.hasOwn(RUN, String(keys[0])) ? [...keys] : startingAt(keys);
  const shift = whole.length - keys.length;
  let place: Place = group(RUN);
  for (const [index, key] of whole.entries()) {
    const next = below(place, key);
    if ('problem' in next)
      return { problem: inContext({ key: Math.max(0, index - shift), ...next.problem }, whole.slice(0, index), key) };
    ({ place } = next);
  }
  if (place.kind === 'group' && place.short !== undefined) {
    whole.push(place.short);
    place = place.fields[place.short]!;
  }
  const path = pathOf(whole);
  if (place.kind === 'leaf') {
    const { type, values } = place;
    return { field: { path, keys: whole, type, ...(values && { values }) } };
  }
  const expected =
    place.kind === 'group' ? `one of its fields: ${namesOf(place.fields).join(', ')}` : inside(place, path);
  return { problem: { key: keys.length - 1, message: `${path} is not a single value`, expected } };
}

function startingAt(keys: readonly PathKey[]): PathKey[] {
  for (const root of SHORTCUTS) {
    const place = RUN[root];
    if (place?.kind === 'group' && Object.hasOwn(place.fields, String(keys[0]))) return [root, ...keys];
  }
  return [...keys];
}

type Step = { place: Place } | { problem: { message: string; expected: string; names: readonly string[] } };
const wrong = (message: string, expected: string, names: readonly string[] = []): Step => ({
  problem: { message, expected, names },
});
function below(place: Place, key: PathKey): Step {
  switch (place.kind) {
    case 'leaf':
      return wrong('is a single value, without fields', 'the end of the path');
    case 'open':
      return { place: place.item };
    case 'list':
      return Number.isInteger(Number(key))
        ? { place: place.item }
        : wrong('is a list', 'an index from 0, as in [0], or from the end, as in [-1]');
    case 'group': {
      const names = namesOf(place.fields);
      const next = Object.hasOwn(place.fields, String(key)) ? place.fields[String(key)] : undefined;
      return next
        ? { place: next }
        : wrong(`has no field ${JSON.stringify(String(key))}`, `one of ${names.join(', ')}`, names);
    }
  }
}

function inContext(
  { key, message, expected, names }: { key: number; message: string; expected: string; names: readonly string[] },
  before: readonly PathKey[],
  strange: PathKey,
): FieldProblem {
  const known = before.length === 0 ? [...names, ...SUMMARY_KEYS, ...namesOf(SPEC)] : names;
  const meant = known.length === 0 ? undefined : meantName(String(strange), known);
  const elsewhere = meant === undefined && before.length === 0 ? findAnywhere(String(strange)) : undefined;
  const suggestion = meant === undefined ? elsewhere : pathOf([...before, meant]);
  return {
    key,
    message: `${before.length === 0 ? 'a run' : pathOf(before)} ${message}`,
    expected,
    ...(suggestion !== undefined && { suggestion }),
  };
}

/** The first field of the spec with this name: `learningRateOf` is none, `batch_size` is `spec.training.batchSize`. */
function findAnywhere(name: string): string | undefined {
  const found = (place: Place, keys: readonly PathKey[]): string | undefined => {
    if (place.kind === 'list') return found(place.item, [...keys, 0]);
    if (place.kind !== 'group') return undefined;
    const names = namesOf(place.fields);
    const meant = meantName(name, names);
    if (meant !== undefined) return pathOf([...keys, meant]);
    for (const each of names) {
      const deeper = found(place.fields[each]!, [...keys, each]);
      if (deeper !== undefined) return deeper;
    }
    return undefined;
  };
  const parts = ['training', 'dataset', 'model', 'telemetry'] as const;
  return parts.map((part) => found(SPEC[part]!, ['spec', part])).find((path) => path !== undefined);
}

const inside = (place: Place, path: string) =>
  place.kind === 'list' ? `one of its items, as in ${path}[0]` : `one of its keys, as in ${path}.key`;

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;
/** The path as it is written: keys that are not plain words are in brackets and quotes. */
export const pathOf = (keys: readonly PathKey[]): string =>
  keys.reduce<string>((path, key, index) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    if (PLAIN_KEY.test(key)) return index === 0 ? key : `${path}.${key}`;
    return `${path}[${JSON.stringify(key)}]`;
  }, '');

/** What a run has there; undefined if it has nothing. */
export function valueAt(run: object, { keys }: Pick<RunField, 'keys'>): unknown {
  let value: unknown = run;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = value.at(Number(key));
    else value = Object.hasOwn(value, key) ? (value as Record<PathKey, unknown>)[key] : undefined;
  }
  return value;
}
