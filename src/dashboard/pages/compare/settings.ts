/** The settings of jobs by their paths, as text. */
import { layersInWords, type JobSpec } from '../../../vocabulary/index.ts';

const LABELS = new Set(['name', 'notes', 'tags', 'metadata']);
const LONGEST_LIST = 40;

/** `training.optimizer.learningRate` -> `0.001`. Names, notes and tags are no settings. */
export function settingsOf(spec: JobSpec): Map<string, string> {
  return flatten({
    ...Object.fromEntries(Object.entries(spec).filter(([key]) => !LABELS.has(key))),
    model: { ...spec.model, layers: layersInWords(spec.model.layers) },
  });
}

/** The paths in the order of the first job that has them. */
export const pathsOf = (all: readonly ReadonlyMap<string, string>[]): string[] => [
  ...new Set(all.flatMap((settings) => [...settings.keys()])),
];

export const isDifferent = (all: readonly ReadonlyMap<string, string>[], path: string): boolean =>
  new Set(all.map((settings) => settings.get(path))).size > 1;

/** `a.b[1].c` -> value as text. Long lists, such as inline data, are given by their length. */
function flatten(value: unknown, path = '', places = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value) && value.length <= LONGEST_LIST)
    value.forEach((item, i) => flatten(item, `${path}[${i}]`, places));
  else if (Array.isArray(value)) places.set(path, `${value.length} entries`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) flatten(item, path ? `${path}.${key}` : key, places);
  else if (value !== undefined) places.set(path, JSON.stringify(value).replaceAll('"', ''));
  return places;
}
