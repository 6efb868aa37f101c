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

export interface JsonFault {
  fault: string;
  /** Where it is, from 1, if that is known. */
  line: number | null;
  column: number | null;
}

/** The job written as JSON, if it has the parts that the form draws; otherwise what is wrong with it. */
export function readDraft(text: string): Draft | JsonFault {
  let value: unknown;
  const tooLarge: string[] = [];
  try {
    value = JSON.parse(text, (key, part: unknown) => {
      // JSON has no infinity: it would be sent as null, which means something else.
      if (part === Infinity || part === -Infinity) tooLarge.push(key);
      return part;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { fault: `Not valid JSON: ${message}`, ...placeOf(message, text) };
  }
  const fault = tooLarge.length > 0 ? `The number at "${tooLarge[0]}" is too large.` : shapeFault(value);
  if (fault !== null) return { fault, line: null, column: null };
  const { dataset = {}, model = {}, training = {}, ...rest } = value as Partial<Draft>;
  return { ...rest, dataset, model: { ...model, layers: (model as Partial<Draft['model']>).layers ?? [] }, training };
}

function shapeFault(value: unknown): string | null {
  if (!isObject(value)) return 'A job is a JSON object.';
  const { dataset = {}, model = {}, training = {} } = value;
  for (const [key, part] of Object.entries({ dataset, model, training }))
    if (!isObject(part)) return `"${key}" must be an object.`;
  const { layers = [] } = model as { layers?: unknown };
  return Array.isArray(layers) && layers.every(isObject) ? null : '"model.layers" must be a list of objects.';
}

/** Browsers name the line, the position or neither. Only a text that is too short is at fault at its end. */
function placeOf(message: string, text: string): { line: number | null; column: number | null } {
  const place = /line (\d+),? column (\d+)/.exec(message);
  if (place) return { line: Number(place[1]), column: Number(place[2]) };
  const position = /position (\d+)/.exec(message)?.[1] ?? (/\bend\b|EOF/i.test(message) ? text.length : null);
  if (position === null) return { line: null, column: null };
  const before = text.slice(0, Number(position)).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** `model.layers[2].units` and `/model/layers/2/units` are the same place. */
export const normalPath = (path: string): string =>
  path
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/^[/.]/, '')
    .replaceAll('/', '.');
