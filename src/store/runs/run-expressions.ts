/**
 * The fields of runs as SQL expressions over `runs` and, for fields of the spec, `run_specs`. Figures and times of runs that
 * have ended are columns of `run_figures`. Paths of the vocabulary are
 * closed lists; a key of a user's own, as in metadata, is bound as a value.
 */
import type { PathKey, RunField } from '../../vocabulary/index.ts';
import type { Bind } from '../postgres/bindings.ts';
import { figureColumnOf } from './run-figures.ts';

/** Of which runs a statement reads: those that have ended are in `run_figures`, and those that have not are few. */
export type Part = 'all' | 'ended' | 'unfinished';

export interface Expressions {
  /** True where the run has nothing there. */
  missing: string;
  /** float8; null where the value is not a number. */
  number?: string;
  /** Null where the value is not a text. */
  text?: string;
  /** Null where the value is neither true nor false. */
  boolean?: string;
  /** timestamptz */
  time?: string;
  /** jsonb, for a group's name. */
  json: string;
  needsSpec: boolean;
}

const LABELS: Readonly<Record<string, string>> = {
  id: 'runs.id',
  name: 'name',
  experiment: 'experiment',
  notes: 'notes',
  status: 'status::text',
};
const TIMES: Readonly<Record<string, string>> = {
  createdAt: 'runs.created_at',
  startedAt: 'runs.started_at',
  finishedAt: 'runs.finished_at',
};

export function expressionsOf(field: RunField, bind: Bind, part: Part): Expressions {
  const { keys, type } = field;
  const [root, ...rest] = keys;
  const label = LABELS[String(root)];
  if (label !== undefined) return { ...ofText(label), missing: 'false' };
  if (root === 'parentId') return ofText('parent_id');
  const figure = part === 'ended' ? figureColumnOf(field) : null;
  if (TIMES[String(root)] !== undefined) return ofTime(figure ?? TIMES[String(root)]!, root !== 'createdAt');
  if (figure !== null)
    return { missing: `${figure} is null`, number: figure, json: `to_jsonb(${figure})`, needsSpec: false };
  if (root === 'tags') return { missing: 'cardinality(tags) = 0', json: 'to_jsonb(tags)', needsSpec: false };
  if (root === 'attempt')
    return { missing: 'false', number: 'attempt::float8', json: 'to_jsonb(attempt)', needsSpec: false };
  if (root === 'metadata') return withNumbers(ofText(`(runs.metadata->>${bind(String(rest[0]))}::text)`));
  if (root === 'spec') return ofJson(within('searchable', '>', rest), within('searchable', '>>', rest), type, true);
  const column = String(root);
  const json = ['summary', 'error'].includes(column) ? column : `${column}::jsonb`;
  return ofJson(within(json, '>', rest), within(column, '>>', rest), type, false);
}

const ofTime = (time: string, canBeMissing: boolean): Expressions => ({
  missing: canBeMissing ? `${time} is null` : 'false',
  time,
  // Groups of a time are its days.
  json: `to_jsonb(to_char(${time} at time zone 'UTC', 'YYYY-MM-DD'))`,
  needsSpec: false,
});

const ofText = (text: string): Expressions => ({
  missing: `${text} is null`,
  text,
  json: `to_jsonb(${text})`,
  needsSpec: false,
});

const NUMBER = String.raw`'^\s*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?\s*$'`;
/** A text may be a number, as the values of metadata often are. */
const withNumbers = (expressions: Expressions & { text?: string }): Expressions => ({
  ...expressions,
  number: `(case when ${expressions.text} ~ ${NUMBER} then ${expressions.text}::float8 end)`,
});

function ofJson(json: string, text: string, type: RunField['type'], needsSpec: boolean): Expressions {
  const common = { missing: `${text} is null`, json: `nullif(${json}, 'null'::jsonb)`, needsSpec };
  const typed = (kind: string, value: string) => `(case when jsonb_typeof(${json}) = '${kind}' then ${value} end)`;
  const number = typed('number', `${text}::float8`);
  const boolean = typed('boolean', `${text}::boolean`);
  if (type === 'number') return { ...common, number };
  if (type === 'boolean') return { ...common, boolean };
  if (type === 'text') return { ...common, text };
  return { ...common, number, boolean, text: typed('string', text) };
}

/** What JSON has at a path, as JSON (`>`) or as text (`>>`). The keys are names of the vocabulary and indexes. */
function within(json: string, as: '>' | '>>', keys: readonly PathKey[]): string {
  const names = keys.map(String);
  const strange = names.find((name) => !/^(?:[A-Za-z_]\w*|-?\d{1,9})$/.test(name));
  if (strange !== undefined) throw new Error(`${JSON.stringify(strange)} is not a key of the vocabulary.`);
  // A single name is read faster than a path.
  return typeof keys[0] === 'string' && keys.length === 1
    ? `(${json} -${as} '${names[0]}')`
    : `(${json} #${as} '{${names.join(',')}}')`;
}
