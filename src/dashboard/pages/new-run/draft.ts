/** The job that is being written, as loose as the form needs it: the server says what is wrong with it. */
import { signal } from '@preact/signals';

export type Choice = string | ({ type: string } & Record<string, unknown>);
export interface DraftLayer {
  type: string;
  units?: number;
  rate?: number;
  activation?: Choice;
  kernelInitializer?: Choice;
  biasInitializer?: Choice;
  momentum?: number;
  epsilon?: number;
}
export interface Draft {
  name?: string;
  experiment?: string;
  tags?: string[];
  notes?: string;
  metadata?: Record<string, string>;
  dataset: Record<string, unknown> & { name?: string; inputs?: unknown };
  model: {
    layers: DraftLayer[];
    output?: { kernelInitializer?: Choice; biasInitializer?: Choice };
    initialWeights?: unknown;
  };
  training: Record<string, unknown> & { optimizer?: Choice; schedule?: Choice };
  telemetry?: Record<string, unknown>;
  engine?: string;
  priority?: number;
}

export const draft = signal<Draft>({ dataset: {}, model: { layers: [] }, training: {} });

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

export const get = (path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], draft.value);

export const typeOf = (choice: Choice | undefined): string | undefined =>
  typeof choice === 'string' ? choice : choice?.type;

/** `model.layers[2].units` and `/model/layers/2/units` are the same place. */
export const normalPath = (path: string): string =>
  path
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/^[/.]/, '')
    .replaceAll('/', '.');
