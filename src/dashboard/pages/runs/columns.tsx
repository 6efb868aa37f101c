/** The columns of the list: a few with a drawing of their own, and every field of a run by its path. */
import type { ComponentChildren } from 'preact';
import {
  fieldName,
  FIGURES,
  isObject,
  readRunField,
  SUMMARY_KEYS,
  trainingLossOf,
  valueAt,
  type FieldType,
  type Run,
  type RunField,
  type SummaryKey,
} from '../../../vocabulary/index.ts';
import { LossSparkline } from '../../charts/sparkline.tsx';
import { isTeam } from '../../data/me.ts';
import { ago, figure, number, percent } from '../../parts/format.ts';
import { Score } from '../../parts/score.tsx';
import { DeadCount, Status } from '../../parts/status.tsx';
import { RunProgress } from './run-progress.tsx';

export interface Column {
  /** As in the address: a word of its own, or the path of a field. */
  id: string;
  label: string;
  /** In small letters under the label: which samples a figure is measured on, or which part of the job it is of. */
  of?: string;
  /** The path of a field, by which the column is sorted, filtered and grouped; null: by none. */
  path: string | null;
  type: FieldType;
  /** In pixels: what it starts with, and below what it is not readable. */
  width: number;
  least: number;
  /** Numbers are set to the right. */
  isNumber: boolean;
  cell: (run: Run) => ComponentChildren;
}

const column = (id: string, label: string, rest: Partial<Column> & Pick<Column, 'cell'>): Column => ({
  id,
  label,
  path: null,
  type: 'text',
  width: 120,
  least: 96,
  isNumber: false,
  ...rest,
});
const numeric = { type: 'number', isNumber: true } as const;

/** In the order in which they are left out where there is no room: the last one first. */
const SPECIAL: readonly Column[] = [
  column('status', 'Status', { path: 'status', width: 116, least: 108, cell: (run) => <Status of={run.status} /> }),
  column('score', 'Score', {
    ...numeric,
    of: 'accuracy or R²',
    path: 'summary.valAccuracy',
    width: 136,
    least: 128,
    cell: (run) => <Score run={run} />,
  }),
  column('loss', 'Loss', {
    ...numeric,
    of: 'training',
    path: 'summary.epochLoss',
    width: 96,
    cell: (run) => number(trainingLossOf(run.summary)),
  }),
  column('dead', 'Dead', {
    ...numeric,
    of: 'or silent',
    path: 'summary.deadNeurons',
    width: 84,
    least: 84,
    cell: (run) => <DeadCount count={run.summary.deadNeurons} />,
  }),
  column('progress', 'Progress', { width: 176, least: 140, cell: (run) => <RunProgress run={run} /> }),
  column('curve', 'Loss curve', { width: 144, least: 144, cell: (run) => <LossSparkline run={run} /> }),
  column('active', 'Active', {
    ...numeric,
    of: 'of neurons',
    path: 'summary.activeFraction',
    width: 88,
    least: 88,
    cell: (run) => percent(run.summary.activeFraction),
  }),
  column('created', 'Created', {
    path: 'createdAt',
    type: 'time',
    width: 116,
    least: 108,
    isNumber: true,
    cell: (run) => (
      <time class="faint" dateTime={run.createdAt} title={run.createdAt}>
        {ago(run.createdAt)}
      </time>
    ),
  }),
];

/** Where people are registered. */
const MADE_BY = column('createdBy', 'By', { width: 110, cell: (run) => <bdi>{run.createdBy?.name ?? '–'}</bdi> });
/** Those that are left out before it stand after it. */
const special = (): readonly Column[] => {
  const before = SPECIAL.findIndex(({ id }) => id === 'active');
  return isTeam.value ? SPECIAL.toSpliced(before, 0, MADE_BY) : SPECIAL;
};

/** Where nothing else was chosen. */
const USUAL_COLUMNS = ['status', 'progress', 'curve', 'loss', 'score', 'active', 'dead', 'created'];
export const usualColumns = (): string[] => (isTeam.value ? [...USUAL_COLUMNS, MADE_BY.id] : USUAL_COLUMNS);

/** Of the paths that a special column shows already. */
const SPECIAL_BY_PATH = new Map(SPECIAL.flatMap((one) => (one.path === null ? [] : [[one.path, one]])));

/** Null where there is no such column: an address may name anything. */
export function findColumn(id: string): Column | null {
  const known = id === MADE_BY.id ? MADE_BY : SPECIAL.find((one) => one.id === id);
  if (known) return known;
  const found = readRunField(id);
  return 'field' in found ? fieldColumn(found.field) : null;
}

function fieldColumn(field: RunField): Column {
  const { label, of } = fieldWords(field);
  const isNumber = field.type === 'number' || field.type === 'any';
  return column(field.path, label, {
    ...(of && { of }),
    path: field.path,
    type: field.type,
    width: isNumber ? 112 : 140,
    isNumber,
    cell: (run) => fieldText(field, valueAt(run, field)),
  });
}

/** `Learning rate` of `training.optimizer`. */
export function fieldWords({ path }: { path: string }): { label: string; of: string } {
  const [, key] = /^summary\.(\w+)$/.exec(path) ?? [];
  if (key && isSummaryKey(key)) {
    const [name = '', of = ''] = FIGURES[key].name.split(', ');
    return { label: capital(name), of };
  }
  const [, inSpec] = /^spec\.(.+)$/.exec(path) ?? [];
  const plain = (inSpec ?? path).replace(/\.type$/, '');
  const layer = /^model\.layers\[(-?\d+)\]/.exec(plain)?.[1];
  const of = layer === undefined ? plain.split('.').slice(0, -1).join('.') : `layer ${Number(layer) + 1}`;
  return { label: capital(inSpec ? fieldName(plain) || 'type' : lastKey(plain)), of };
}
const lastKey = (path: string) => /([^.[\]"]+)"?\]?$/.exec(path)?.[1] ?? path;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const isSummaryKey = (key: string): key is SummaryKey => SUMMARY_KEYS.some((known) => known === key);

export function fieldText({ path, type }: Pick<RunField, 'path' | 'type'>, value: unknown): string {
  const key = path.replace(/^summary\./, '');
  if (value === undefined) return '–';
  if (isSummaryKey(key) && path !== key && (value === null || typeof value === 'number')) return figure(key, value);
  if (value === null) return 'none';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return type === 'time' ? ago(value) : value;
  if (Array.isArray(value)) return value.map((item) => fieldText({ path: '', type: 'any' }, item)).join(', ');
  return isObject(value) && typeof value['type'] === 'string' ? value['type'] : JSON.stringify(value);
}

export interface FieldOffer {
  path: string;
  label: string;
  of: string;
  type: FieldType;
  /** The values among the runs on screen, the most frequent first. */
  values: unknown[];
}

/** Every field that one of the runs has, those that differ between runs first. */
export function offeredFields(runs: readonly Run[]): FieldOffer[] {
  const counts = new Map<string, Map<unknown, number>>();
  const note = (path: string, value: unknown) => {
    const values = counts.get(path) ?? new Map<unknown, number>();
    values.set(value, (values.get(value) ?? 0) + 1);
    counts.set(path, values);
  };
  for (const run of runs) {
    for (const root of ['summary', 'spec', 'metadata', 'engine', 'progress'] as const)
      for (const [path, value] of leavesOf(run[root], root)) note(path, value);
    for (const key of ['experiment', 'status', 'attempt', 'createdAt', 'startedAt', 'finishedAt'] as const)
      note(key, run[key]);
  }
  const offers = [...counts].flatMap(([path, values]): (FieldOffer & { isAlike: boolean })[] => {
    const found = readRunField(path);
    // A column's id is part of a list with commas in the address.
    if (!('field' in found) || path.includes(',')) return [];
    const frequent = [...values].sort((a, b) => b[1] - a[1]).map(([value]) => value);
    return [{ path, ...fieldWords(found.field), type: found.field.type, values: frequent, isAlike: values.size < 2 }];
  });
  return offers.sort((a, b) => Number(a.isAlike) - Number(b.isAlike) || rank(a.path) - rank(b.path));
}

const RANKS = ['summary.', 'spec.training', 'spec.dataset', 'spec.model', 'metadata'];
const rank = (path: string) => {
  const at = RANKS.findIndex((start) => path.startsWith(start));
  return at === -1 ? RANKS.length : at;
};

/** A list of layers may be long: of the first ones only. Rows of data and weights are no fields. */
const MOST_ITEMS = 12;
const NO_FIELDS = new Set(['inputs', 'targets', 'initialWeights']);

function leavesOf(value: unknown, path: string): [path: string, value: unknown][] {
  if (Array.isArray(value))
    return value.slice(0, MOST_ITEMS).flatMap((item: unknown, i) => leavesOf(item, `${path}[${i}]`));
  if (!isObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) =>
    NO_FIELDS.has(key)
      ? []
      : leavesOf(item, /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`),
  );
}

/** The chosen columns, or as many of the usual ones as fit into so many pixels. */
export function shownColumns(chosen: readonly string[], room: number): Column[] {
  if (chosen.length > 0) return chosen.flatMap((id) => findColumn(id) ?? []);
  const fitting = new Set<string>();
  let left = room;
  for (const one of special()) {
    if (one.width > left) break;
    left -= one.width;
    fitting.add(one.id);
  }
  return usualColumns().flatMap((id) => (fitting.has(id) ? (findColumn(id) ?? []) : []));
}

/** A column for the path: the one with a drawing of its own where there is one. */
export const columnIdOf = (path: string): string => SPECIAL_BY_PATH.get(path)?.id ?? path;
export const specialColumns = special;

const MOST_WIDTH = 800;

/** In pixels: as it was set, or as it starts. */
export function widthOf(
  { id, width, least }: Pick<Column, 'id' | 'width' | 'least'>,
  widths: readonly string[],
): number {
  const own = widths.find((entry) => entry.startsWith(`${id}:`));
  const pixels = own === undefined ? width : Number(own.slice(id.length + 1));
  return Number.isFinite(pixels) ? Math.min(MOST_WIDTH, Math.max(least, Math.round(pixels))) : width;
}

export function withWidth(
  widths: readonly string[],
  { id, width, least }: Pick<Column, 'id' | 'width' | 'least'>,
  pixels: number,
): string[] {
  const others = widths.filter((entry) => !entry.startsWith(`${id}:`));
  const next = widthOf({ id, width, least }, [`${id}:${pixels}`]);
  return next === width ? others : [...others, `${id}:${next}`];
}

/** The column taken out and put in at the place of another one. */
export function withMoved(ids: readonly string[], id: string, to: number): string[] {
  const others = ids.filter((one) => one !== id);
  return [...others.slice(0, to), id, ...others.slice(to)];
}
