import { condition, withCondition } from './filter-text.ts';
import { listView, setList } from '../../data/run-list.ts';
import { Icon } from '../../parts/icons.tsx';
import { Popover } from '../../parts/popover.tsx';
import { QuickFilter } from './quick-filter.tsx';
import { withMoved, withWidth, widthOf, type Column } from './columns.tsx';

type Headed = Pick<Column, 'id' | 'label' | 'path' | 'type' | 'width' | 'least'> &
  Partial<Pick<Column, 'of' | 'isNumber'>>;

interface Props {
  column: Headed;
  /** All columns on screen, in their order. */
  shown: readonly Column[];
}

/** In the address, figures of the summary have their short names. */
const orderOf = (path: string) => path.replace(/^summary\./, '');
const KEY_STEP = 16;

export function ColumnHead({ column, shown }: Props) {
  const { label, of, path, isNumber = false } = column;
  const order = listView.value.orderBy || '-createdAt';
  const own = path === null ? null : orderOf(path);
  const sorted = own === order ? 'ascending' : `-${own}` === order ? 'descending' : 'none';
  const place = shown.findIndex(({ id }) => id === column.id);
  const ids = shown.map(({ id }) => id);
  const move = (to: number) => listView.set({ columns: withMoved(ids, column.id, to) }, { replace: true });
  const words = (
    <>
      <span class="label">{label}</span>
      {of && <span class="split">{of}</span>}
    </>
  );
  return (
    <th
      scope="col"
      class={isNumber ? 'end' : ''}
      data-column={column.id}
      aria-sort={path === null ? undefined : sorted}
      draggable={place !== -1}
      onDragStart={(event) => {
        event.dataTransfer!.setData(DRAGGED, column.id);
        event.dataTransfer!.effectAllowed = 'move';
      }}
      onDragOver={(event) => {
        if (place !== -1 && event.dataTransfer!.types.includes(DRAGGED)) event.preventDefault();
      }}
      onDrop={(event) => {
        event.preventDefault();
        const dragged = event.dataTransfer!.getData(DRAGGED);
        if (ids.includes(dragged)) listView.set({ columns: withMoved(ids, dragged, place) }, { replace: true });
      }}
    >
      <div class="head">
        {own === null ? (
          <span class="words">{words}</span>
        ) : (
          <button
            type="button"
            class="words"
            onClick={() => setList({ orderBy: sorted === 'descending' ? own : `-${own}` })}
          >
            {words}
          </button>
        )}
        <Popover
          class="button plain icon small head-menu"
          label={`Column ${label}`}
          title={`Column ${label}`}
          button={<Icon name="more" />}
        >
          {(close) => {
            const then = (act: () => void) => () => {
              close();
              act();
            };
            return (
              <div class="column-menu">
                {own !== null && (
                  <>
                    <button type="button" onClick={then(() => setList({ orderBy: own }))}>
                      Sort ascending
                    </button>
                    <button type="button" onClick={then(() => setList({ orderBy: `-${own}` }))}>
                      Sort descending
                    </button>
                  </>
                )}
                {path !== null && !['time', 'tags'].includes(column.type) && column.id !== 'name' && (
                  <button type="button" onClick={then(() => setList({ group: path }))}>
                    Group by this
                  </button>
                )}
                {place !== -1 && (
                  <>
                    <button type="button" disabled={place === 0} onClick={then(() => move(place - 1))}>
                      Move left
                    </button>
                    <button type="button" disabled={place === ids.length - 1} onClick={then(() => move(place + 1))}>
                      Move right
                    </button>
                    <button
                      type="button"
                      disabled={ids.length === 1}
                      onClick={then(() =>
                        listView.set({ columns: ids.filter((id) => id !== column.id) }, { replace: true }),
                      )}
                    >
                      Hide
                    </button>
                  </>
                )}
                {path !== null && (
                  <QuickFilter
                    path={path}
                    type={column.type}
                    add={(comparison, value) => {
                      close();
                      const { filter } = listView.value;
                      setList({ filter: withCondition(filter, condition(path, comparison, value)) });
                    }}
                  />
                )}
              </div>
            );
          }}
        </Popover>
      </div>
      <Divider column={column} />
    </th>
  );
}

const DRAGGED = 'application/x-relumine-column';

/** The right edge of a column: a hand drags it, and the arrow keys move it. */
function Divider({ column }: { column: Headed }) {
  const { widths } = listView.value;
  const width = widthOf(column, widths);
  const set = (next: number) => listView.set({ widths: withWidth(widths, column, next) }, { replace: true });
  return (
    <span
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${column.label}`}
      aria-valuenow={width}
      aria-valuemin={column.least}
      aria-valuemax={MOST_WIDTH}
      tabIndex={0}
      draggable
      onDragStart={(event) => {
        // The column itself is not what is dragged.
        event.preventDefault();
        event.stopPropagation();
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        set(width + by);
      }}
      onDblClick={() => set(column.width)}
      onPointerDown={(event) => {
        event.preventDefault();
        const divider = event.currentTarget;
        divider.setPointerCapture(event.pointerId);
        // What is on screen may be wider than asked for: the table fills the page.
        const from = divider.parentElement!.getBoundingClientRect().width - event.clientX;
        const ended = new AbortController();
        const { signal } = ended;
        divider.addEventListener('pointermove', (moved) => set(from + moved.clientX), { signal });
        for (const end of ['pointerup', 'pointercancel'] as const)
          divider.addEventListener(end, () => ended.abort(), { signal });
      }}
    />
  );
}
const MOST_WIDTH = 800;
