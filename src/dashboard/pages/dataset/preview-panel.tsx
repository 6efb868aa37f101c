import type { Column, ColumnProfile, DatasetPreview, PreviewValue } from '../../../vocabulary/index.ts';
import { number, whole } from '../../parts/format.ts';
import { Picture, pictureShape } from '../../parts/picture.tsx';

interface Props {
  columns: readonly Column[];
  preview: DatasetPreview;
}

/** So many columns of a row can be read. */
const MOST_COLUMNS = 60;

/** The first rows as they were read. Wide tables scroll inside their box; images are shown as such. */
export function PreviewPanel({ columns, preview }: Props) {
  const { rows, totalRows } = preview;
  const shown = columns.slice(0, MOST_COLUMNS);
  return (
    <section class="panel" aria-label="First rows">
      <div class="panel-head">
        <h2>First rows</h2>
        <span class="quiet num">
          {whole(rows.length)} of {whole(totalRows)} as read from the file
        </span>
      </div>
      <Strip columns={columns} preview={preview} />
      {columns.every(isInStrip) ? (
        <div class="panel-body" />
      ) : (
        <div class="table-scroll panel-body" tabIndex={0} role="group" aria-label="Table of the first rows">
          <table class="preview">
            <thead>
              <tr>
                {shown.map(({ name, role }) => (
                  <th key={name} scope="col" data-role={role}>
                    <span dir="auto">{name}</span>
                    {role !== 'input' && <span class="split">{role}</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
                <tr key={index}>
                  {shown.map((column, at) => (
                    <td key={column.name} class={column.kind === 'numeric' ? 'end' : ''}>
                      <Value column={column} value={row[at] ?? null} profile={preview.columns[at]} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {columns.length > MOST_COLUMNS && (
            <p class="faint num">
              The first {MOST_COLUMNS} of {whole(columns.length)} columns
            </p>
          )}
        </div>
      )}
    </section>
  );
}

/** Images and what they are called are all seen in the strip. */
const isInStrip = ({ shape, role }: Column): boolean => pictureShape(shape) !== null || role === 'target';

/** The first images with their classes. */
function Strip({ columns, preview }: Props) {
  const at = columns.findIndex(({ shape }) => pictureShape(shape) !== null);
  if (at < 0) return null;
  const target = columns.findIndex(({ role }) => role === 'target');
  return (
    <ul class="pictures" aria-label="First images">
      {preview.rows.map((row, index) => {
        const label = target < 0 ? null : textOf(row[target] ?? null);
        return (
          // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
          <li key={index}>
            <Value column={columns[at]!} value={row[at] ?? null} profile={preview.columns[at]} label={label} />
            {label !== null && <span dir="auto">{label}</span>}
          </li>
        );
      })}
    </ul>
  );
}

interface ValueProps {
  column: Column;
  value: PreviewValue;
  profile: ColumnProfile | undefined;
  label?: string | null;
}

function Value({ column, value, profile, label = null }: ValueProps) {
  if (value === null) return <span class="faint">missing</span>;
  if (!Array.isArray(value)) return <span dir="auto">{textOf(value)}</span>;
  const shape = pictureShape(column.shape);
  if (shape)
    return (
      <Picture
        values={value}
        shape={shape}
        range={rangeOf(profile)}
        label={label === null ? 'image' : `image of ${label}`}
      />
    );
  return (
    <span class="num">
      {value.slice(0, 6).map(number).join(', ')}
      {value.length > 6 && `, … ${whole(value.length)} values`}
    </span>
  );
}

/** Bytes are drawn as they are; other numbers over their own range. */
const rangeOf = (profile: ColumnProfile | undefined): [number, number] => {
  const { minimum = null, maximum = null } = profile ?? {};
  if (minimum === null || maximum === null) return [0, 255];
  return minimum >= 0 && maximum <= 255 && maximum > 1 ? [0, 255] : [minimum, maximum];
};

const textOf = (value: PreviewValue): string =>
  value === null ? 'missing' : Array.isArray(value) ? `${whole(value.length)} values` : String(value);
