import type { Column, ColumnProfile, DatasetInfo, RowSplit } from '../../../vocabulary/index.ts';
import { whole } from '../../parts/format.ts';
import { partOf, withPart, type Part } from './recipe-draft.ts';

const SPLIT_LABELS: Record<RowSplit['by'], string> = {
  share: 'a share, drawn by each job',
  column: 'the values of a column',
  time: 'the order of a column',
  file: 'the files they came in',
};
const PARTS: readonly Part[] = ['training', 'validation', 'test'];
/** Beyond this, the values of a column are too many to be told apart one by one. */
const MOST_VALUES = 40;
/** Start of a split by time: the newest rows validate. */
const USUAL_SHARE = 0.2;

interface Props {
  info: DatasetInfo;
  columns: readonly Column[];
  profiles: readonly ColumnProfile[] | null;
  split: RowSplit;
  change: ((split: RowSplit) => void) | null;
}

/** Which rows train, validate and test. */
export function SplitFields({ info, columns, profiles, split, change }: Props) {
  const narrow = columns.filter(({ width }) => width === 1);
  const named = narrow.filter(({ kind }) => kind === 'categorical' || kind === 'boolean' || kind === 'numeric');
  const ordered = narrow.filter(({ kind }) => kind === 'date' || kind === 'numeric');
  const choose = (by: RowSplit['by']) => {
    switch (by) {
      case 'share':
      case 'file':
        return change?.({ by });
      case 'column':
        return change?.({ by, column: firstOf(named), validation: [] });
      case 'time':
        return change?.({ by, column: firstOf(ordered), validation: USUAL_SHARE });
    }
  };
  const offered: RowSplit['by'][] = [
    'share',
    ...(named.length > 0 ? ['column' as const] : []),
    ...(ordered.length > 0 ? ['time' as const] : []),
    ...(info.split?.by === 'file' ? ['file' as const] : []),
  ];
  return (
    <>
      <label class="field">
        <span class="label">Rows are split by</span>
        <select
          class="input"
          value={split.by}
          disabled={change === null}
          onChange={(event) => {
            const chosen = offered.find((by) => by === event.currentTarget.value);
            if (chosen) choose(chosen);
          }}
        >
          {offered.map((by) => (
            <option key={by} value={by}>
              {SPLIT_LABELS[by]}
            </option>
          ))}
        </select>
      </label>
      {split.by === 'column' && <ByColumn split={split} columns={named} profiles={profiles} change={change} />}
      {split.by === 'time' && <ByTime split={split} columns={ordered} change={change} />}
      {info.trainingSamples !== undefined && (
        <p class="quiet num">
          As saved: {whole(info.trainingSamples)} training, {whole(info.validationSamples)} validation,{' '}
          {whole(info.testSamples ?? 0)} test samples
        </p>
      )}
    </>
  );
}

const firstOf = (columns: readonly Column[]): string =>
  (columns.find(({ role }) => role === 'split') ?? columns.find(({ kind }) => kind === 'date') ?? columns[0])?.name ??
  '';

interface ByProps<By extends RowSplit['by']> {
  split: Extract<RowSplit, { by: By }>;
  columns: readonly Column[];
  change: Props['change'];
}

function ColumnChoice({ split, columns, change }: ByProps<'column' | 'time'>) {
  return (
    <label class="field">
      <span class="label">Split column</span>
      <select
        class="input"
        value={split.column}
        disabled={change === null}
        onChange={(event) => {
          const column = event.currentTarget.value;
          change?.(split.by === 'time' ? { ...split, column } : { by: 'column', column, validation: [] });
        }}
      >
        {columns.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function ByColumn({ split, columns, profiles, change }: ByProps<'column'> & Pick<Props, 'profiles'>) {
  const column = columns.find(({ name }) => name === split.column);
  const values =
    column?.categories ?? profiles?.find(({ name }) => name === split.column)?.top?.map(({ value }) => value) ?? [];
  return (
    <>
      <ColumnChoice split={split} columns={columns} change={change} />
      {split.validation.length === 0 && <p class="notice ember">Choose at least one value whose rows validate.</p>}
      <ul class="split-values">
        {values.slice(0, MOST_VALUES).map((value) => (
          <li key={value}>
            <span dir="auto">{value}</span>
            <div class="segments" role="radiogroup" aria-label={`Part of ${value}`}>
              {PARTS.map((part) => (
                <button
                  key={part}
                  type="button"
                  role="radio"
                  aria-checked={partOf(split, value) === part}
                  disabled={change === null}
                  onClick={() => change?.(withPart(split, value, part))}
                >
                  {part}
                </button>
              ))}
            </div>
          </li>
        ))}
      </ul>
      {values.length > MOST_VALUES && (
        <p class="faint">The first {MOST_VALUES} values are shown. The API takes any value.</p>
      )}
    </>
  );
}

const share = (text: string) => Number(text) / 100;

function ByTime({ split, columns, change }: ByProps<'time'>) {
  return (
    <>
      <ColumnChoice split={split} columns={columns} change={change} />
      <div class="grid">
        <label class="field">
          <span class="label">Validation, % of the rows</span>
          <input
            class="input"
            inputMode="decimal"
            defaultValue={String(Number((split.validation * 100).toFixed(6)))}
            disabled={change === null}
            onChange={(event) => change?.({ ...split, validation: share(event.currentTarget.value) })}
          />
        </label>
        <label class="field">
          <span class="label">Test, % (the last rows)</span>
          <input
            class="input"
            inputMode="decimal"
            placeholder="none"
            defaultValue={split.test === undefined ? '' : String(Number((split.test * 100).toFixed(6)))}
            disabled={change === null}
            onChange={(event) => {
              const { test: _test, ...rest } = split;
              const text = event.currentTarget.value.trim();
              change?.(text === '' ? rest : { ...rest, test: share(text) });
            }}
          />
        </label>
      </div>
    </>
  );
}
