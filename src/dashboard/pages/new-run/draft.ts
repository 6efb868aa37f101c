/**
 * The job being edited. It may be wrong while the user types, which the types do not show: a number field may hold a
 * text. The server says what is wrong with it.
 */
import { computed, signal } from '@preact/signals';
import { isObject } from '../../../jobs/schema-node.ts';
import { fillIn, type Draft } from './fill-in.ts';

export const draft = signal<Draft>({ dataset: {}, model: { layers: [] } });
/** The draft with the defaults that the service fills in: what a field shows while it is not set. */
export const filled = computed(() => fillIn(draft.value));

/** A copy of the draft with one value changed; undefined takes it out, so that the default holds. */
export function put(path: string, value: unknown): void {
  draft.value = withValue(draft.value, path.split('.'), value) as Draft;
}

function withValue(target: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target))
    return target.map((item: unknown, i) => (i === Number(key) ? withValue(item, rest, value) : item));
  const copy: Record<string, unknown> = { ...(target as Record<string, unknown> | undefined) };
  const changed = withValue(copy[key], rest, value);
  if (changed === undefined) delete copy[key];
  else copy[key] = changed;
  return copy;
}

const valueAt = (root: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], root);

export const get = (path: string): unknown => valueAt(draft.value, path);
export const defaultAt = (path: string): unknown => valueAt(filled.value, path);

/** The name of a choice that is given by its name alone or as an object with options. */
export function typeOf(choice: unknown): string | undefined {
  if (typeof choice === 'string') return choice;
  return typeof choice === 'object' && choice !== null && 'type' in choice && typeof choice.type === 'string'
    ? choice.type
    : undefined;
}

/** The job written as JSON, if it has the parts that the form draws; otherwise what is wrong with it. */
export function readDraft(text: string): Draft | { fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: `Not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isObject(value)) return { fault: 'A job is a JSON object.' };
  const { dataset = {}, model = {}, training = {} } = value;
  for (const [key, part] of Object.entries({ dataset, model, training }))
    if (!isObject(part)) return { fault: `"${key}" must be an object.` };
  const { layers = [] } = model as { layers?: unknown };
  if (!Array.isArray(layers) || !layers.every(isObject)) return { fault: '"model.layers" must be a list of objects.' };
  return { ...value, dataset, model: { ...(model as object), layers }, training } as Draft;
}

/** `model.layers[2].units` and `/model/layers/2/units` are the same place. */
export const normalPath = (path: string): string =>
  path
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/^[/.]/, '')
    .replaceAll('/', '.');
