import type { JobSpec, Labels } from './job.ts';

/** One place where two jobs differ. */
export interface Change {
  /** For example `training.optimizer.learningRate` or `model.layers[0].units`. */
  path: string;
  /** Null where there was nothing. Long lists are named by their length, for example "500 values". */
  from: unknown;
  /** Null where there is nothing any more. */
  to: unknown;
}

/** Longer lists of numbers are named by their length. */
const LONGEST_LIST = 16;

/**
 * How `after` differs from `before`, in the order of the keys of `before`. Objects are compared key by key and lists of
 * equal length entry by entry; choices of another type, and lists of another length, are one change.
 */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) && isObject(after) && before['type'] === after['type'])
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && before.some(isObject))
    return before.flatMap((entry, index) => changesBetween(entry, after[index], `${path}[${index}]`));
  return isSame(before ?? null, after ?? null) ? [] : [{ path, from: brief(before), to: brief(after) }];
}

/** What `spec` changes against that of its parent. Labels do not count: they change nothing that is trained. */
export const changesAgainst = (parent: JobSpec, spec: JobSpec): Change[] =>
  changesBetween(withoutLabels({ ...parent, training: { ...SINCE, ...parent.training } }), withoutLabels(spec));

/** What jobs of earlier versions do not say. */
const SINCE = { threads: 'auto' } as const;

function withoutLabels(spec: JobSpec): Omit<JobSpec, keyof Labels> {
  const { name: _name, experiment: _experiment, tags: _tags, notes: _notes, metadata: _metadata, ...rest } = spec;
  return rest;
}

/** Of JSON values. Inline data can have millions of numbers, so nothing is written out to be compared. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((entry, index) => isSame(entry, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

function brief(value: unknown): unknown {
  if (Array.isArray(value)) {
    if ((value.length > LONGEST_LIST && !value.some(isObject)) || value.some(Array.isArray))
      return `${value.length} ${value.some(Array.isArray) ? 'rows' : 'values'}`;
    return value.map(brief);
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, brief(entry)]))
    : (value ?? null);
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
