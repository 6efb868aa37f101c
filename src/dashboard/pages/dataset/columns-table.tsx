import { useSignal } from '@preact/signals';
import { COLUMN_KINDS, type Column, type ColumnProfile } from '../../../vocabulary/index.ts';
import { count, number, percent, whole } from '../../parts/format.ts';
import { COLUMN_KIND_LABELS, COLUMN_ROLE_LABELS, ENCODING_LABELS } from '../../parts/labels.ts';
import { ColumnFigure, day } from './column-figure.tsx';
import { FillField } from './fill-field.tsx';
import { asChanged, ENCODINGS_OF, ROLES_OF, type ColumnChange, type Draft } from './recipe-draft.ts';

/** So many rows of fields are drawn at first, and with every click for more. */
const MOST_COLUMNS = 20;

/** From here on, columns are searched and changed together. */
const MANY_COLUMNS = 10;

interface Props {
  columns: readonly Column[];
  /** Null until they are there. */
  profiles: readonly ColumnProfile[] | null;
  rows: number;
  draft: Draft;
  /** Null where nothing can be changed, as in older versions. */
  change: ((name: string, change: ColumnChange) => void) | null;
}

export function ColumnsTable({ columns, profiles, rows, draft, change }: Props) {
  const search = useSignal('');
  const most = useSignal(MOST_COLUMNS);
  const wanted = search.value.toLowerCase();
  const matching = columns.filter(({ name }) => name.toLowerCase().includes(wanted));
  const profileOf = new Map(profiles?.map((profile) => [profile.name, profile]));
  return (
    <section class="panel" aria-label="Columns">
      <div class="panel-head">
        <h2>Columns</h2>
        <span class="quiet num">
          {matching.length === columns.length
            ? whole(columns.length)
            : `${whole(matching.length)} of ${whole(columns.length)}`}
        </span>
        {columns.length > MANY_COLUMNS && (
          <label class="push">
            <span class="sr">Search columns</span>
            <input
              class="input"
              type="search"
              placeholder="Search"
              value={search.value}
              onInput={(event) => {
                search.value = event.currentTarget.value;
              }}
            />
          </label>
        )}
      </div>
      {change && columns.length > MANY_COLUMNS && matching.length > 0 && (
        <div class="panel-body row bulk-roles">
          <span class="quiet num">
            {matching.length === columns.length ? 'All' : 'These'} {count(matching.length, 'column')}:
          </span>
          {(['input', 'ignored'] as const).map((role) => (
            <button
              key={role}
              type="button"
              class="button small"
              onClick={() => {
                for (const column of matching)
                  if (asChanged(column, draft).role !== 'target') change(column.name, { role });
              }}
            >
              {role === 'input' ? 'Use as inputs' : 'Ignore'}
            </button>
          ))}
          <span class="faint">Targets stay.</span>
        </div>
      )}
      <div class="table-scroll panel-body" tabIndex={0} role="group" aria-label="Table of columns">
        <table class="columns">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Role</th>
              <th scope="col">Kind</th>
              <th scope="col">Values</th>
              <th scope="col">Missing</th>
            </tr>
          </thead>
          <tbody>
            {matching.slice(0, most.value).map((column) => (
              <Row
                key={column.name}
                column={asChanged(column, draft)}
                isChanged={draft.columns[column.name] !== undefined}
                profile={profileOf.get(column.name)}
                rows={rows}
                change={change && ((changed) => change(column.name, changed))}
              />
            ))}
          </tbody>
        </table>
        {matching.length > most.value && (
          <button
            type="button"
            class="button small"
            onClick={() => {
              most.value += MOST_COLUMNS;
            }}
          >
            Show {whole(Math.min(MOST_COLUMNS, matching.length - most.value))} more
          </button>
        )}
      </div>
    </section>
  );
}

interface RowProps {
  column: Column;
  isChanged: boolean;
  profile: ColumnProfile | undefined;
  rows: number;
  change: ((change: ColumnChange) => void) | null;
}

function Row({ column, isChanged, profile, rows, change }: RowProps) {
  const { name, role } = column;
  return (
    <tr data-role={role} data-column={name}>
      <th scope="row">
        <span dir="auto">{name}</span>
        {column.width > 1 && <span class="split num">{(column.shape ?? [column.width]).join(' × ')} values</span>}
        {isChanged && <span class="split changed">changed</span>}
      </th>
      <td>
        <div class="segments" role="radiogroup" aria-label={`Role of ${name}`}>
          {ROLES_OF.map((one) => (
            <button
              key={one}
              type="button"
              role="radio"
              aria-checked={role === one}
              disabled={change === null}
              onClick={() => change?.({ role: one })}
            >
              {COLUMN_ROLE_LABELS[one]}
            </button>
          ))}
        </div>
      </td>
      <td>
        <KindFields column={column} change={change} />
      </td>
      <td>
        {profile ? <ColumnFigure profile={profile} rows={rows} /> : <span class="faint">–</span>}
        <span class="split num">{figuresOf(column, profile)}</span>
      </td>
      <td>
        <span class="num">{percent(rows > 0 ? column.missing / rows : null)}</span>
        <span class="split num">
          {whole(column.missing)} of {whole(rows)} rows
        </span>
        {role === 'target' && column.missing > 0 && <span class="split">these rows are left out</span>}
        {role === 'input' && (column.missing > 0 || column.fill !== undefined) && (
          <FillField column={column} change={change} />
        )}
      </td>
    </tr>
  );
}

function KindFields({ column, change }: { column: Column; change: RowProps['change'] }) {
  const { name, kind, role, encoding } = column;
  const encodings = role === 'input' ? ENCODINGS_OF[kind] : [];
  return (
    <>
      <select
        class="input"
        aria-label={`Kind of ${name}`}
        value={kind}
        disabled={change === null || column.width > 1}
        onChange={(event) => {
          const chosen = COLUMN_KINDS.find((one) => one === event.currentTarget.value);
          if (chosen) change?.({ kind: chosen });
        }}
      >
        {COLUMN_KINDS.map((one) => (
          <option key={one} value={one}>
            {COLUMN_KIND_LABELS[one]}
          </option>
        ))}
      </select>
      {encodings.length > 0 && (
        <select
          class="input"
          aria-label={`Encoding of ${name}`}
          value={encoding ?? ''}
          disabled={change === null}
          onChange={(event) => {
            const chosen = encodings.find((one) => one === event.currentTarget.value);
            if (chosen) change?.({ encoding: chosen });
          }}
        >
          {encoding === undefined && <option value="">as usual</option>}
          {encodings.map((one) => (
            <option key={one} value={one}>
              {ENCODING_LABELS[one]}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

/** The figures of the values in one line. */
function figuresOf({ distinct, kind }: Column, profile: ColumnProfile | undefined): string {
  const { mean = null, deviation = null } = profile ?? {};
  return [
    distinct === null ? 'too many values to count' : `${whole(distinct)} distinct`,
    ...(kind === 'numeric' && mean !== null ? [`mean ${number(mean)}`] : []),
    ...(kind === 'numeric' && deviation !== null ? [`deviation ${number(deviation)}`] : []),
    ...(kind === 'date' && mean !== null ? [`mean ${day(mean)}`] : []),
  ].join(', ');
}
