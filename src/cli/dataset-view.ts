/** Data sets as a terminal shows them. */
import type {
  Column,
  DatasetInfo,
  DatasetPreview,
  ListedDataset,
  PreviewValue,
  RowSplit,
} from '../vocabulary/index.ts';
import { clean, number, percent, since, table } from './text.ts';
import { fit } from './width.ts';

const LONGEST_CELL = 24;
/** Wider tables do not fit a terminal; `--json` has every column. */
const MOST_COLUMNS = 40;

export function listDatasets(datasets: readonly ListedDataset[]): string {
  return table([
    ['NAME', 'KIND', 'TASK', 'SAMPLES', 'FEATURES', 'OUTPUTS', 'VERSION', 'RUNS', 'ADDED', 'ID'],
    ...datasets.map((info) => [
      fit(clean(info.name ?? '-'), 40),
      info.kind,
      info.available === false ? 'not available' : (info.task ?? 'not read yet'),
      info.samples === null ? '-' : number(info.samples),
      info.features === null ? '-' : number(info.features),
      info.outputs === null ? '-' : number(info.outputs),
      info.version === undefined ? '-' : String(info.version),
      info.runs === undefined ? '-' : number(info.runs),
      info.createdAt === undefined ? '-' : since(info.createdAt),
      info.id ?? '-',
    ]),
  ]);
}

export function describeDataset(info: DatasetInfo): string {
  const { columns = [], warnings = [] } = info;
  const facts: [string, string][] = [
    ['data set', info.id ?? ''],
    ['name', clean(info.name ?? '')],
    ['version', info.version === undefined ? '' : String(info.version)],
    ['hash', info.hash ?? ''],
    ['task', info.task],
    ['rows', number(info.samples)],
    ['inputs', `${number(info.features)} after encoding`],
    ['outputs', number(info.outputs)],
    ['classes', clean(info.classes?.slice(0, MOST_COLUMNS).join(', ') ?? '')],
    ['split', describeSplit(info)],
    ['runs', info.runs === undefined ? '' : number(info.runs)],
    ['about', clean(info.description)],
  ];
  const parts = [table(facts.filter(([, value]) => value !== ''))];
  if (columns.length > 0)
    parts.push(
      table([['COLUMN', 'ROLE', 'KIND', 'MISSING', 'ENCODING', 'FILL'], ...columns.slice(0, MOST_COLUMNS).map(rowOf)]),
    );
  if (columns.length > MOST_COLUMNS) parts.push(`and ${columns.length - MOST_COLUMNS} more columns`);
  parts.push(...warnings.map(({ code, message }) => `! ${code}: ${clean(message)}`));
  return parts.join('\n\n');
}

function rowOf({ name, role, kind, width, missing, encoding, fill }: Column): string[] {
  return [
    fit(clean(name), 40),
    role,
    width === 1 ? kind : `${kind} x ${number(width)}`,
    number(missing),
    encoding ?? '-',
    fill === undefined ? '-' : typeof fill === 'object' ? `value ${clean(String(fill.value))}` : fill,
  ];
}

function describeSplit({ split, trainingSamples, validationSamples = 0, testSamples = 0 }: DatasetInfo): string {
  if (!split) return '';
  const sizes =
    trainingSamples === undefined
      ? ''
      : `: ${number(trainingSamples)} rows for training, ${number(validationSamples)} for validation, ${number(testSamples)} for testing`;
  return `${SPLITS[split.by]}${'column' in split ? ` ${clean(split.column)}` : ''}${sizes}`;
}

const SPLITS: Record<RowSplit['by'], string> = {
  share: "by the job's validationSplit",
  column: 'by the column',
  time: 'by the order of',
  file: 'by file',
};

export function describePreview({ columns, rows, totalRows }: DatasetPreview): string {
  const shown = columns.slice(0, MOST_COLUMNS);
  const figures = table([
    ['COLUMN', 'KIND', 'MISSING', 'DISTINCT', 'LOWEST', 'MEAN', 'HIGHEST', 'MOST FREQUENT'],
    ...shown.map((column) => [
      fit(clean(column.name), 40),
      column.kind,
      percent(column.missingShare),
      column.distinct === null ? 'many' : number(column.distinct),
      column.kind === 'date' ? '-' : number(column.minimum),
      column.kind === 'date' ? '-' : number(column.mean),
      column.kind === 'date' ? '-' : number(column.maximum),
      (column.kind === 'categorical' || column.kind === 'boolean' ? (column.top ?? []) : [])
        .slice(0, 4)
        .map(({ value, count }) => `${fit(clean(value), LONGEST_CELL)} (${number(count)})`)
        .join(', '),
    ]),
  ]);
  const first = table([
    shown.map(({ name }) => fit(clean(name), LONGEST_CELL)),
    ...rows.map((row) => row.slice(0, MOST_COLUMNS).map(cellOf)),
  ]);
  return `${figures}\n\n${first}\n\n${number(rows.length)} of ${number(totalRows)} rows`;
}

function cellOf(value: PreviewValue): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return fit(`[${value.join(', ')}]`, LONGEST_CELL);
  return fit(clean(String(value)), LONGEST_CELL);
}
