import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import { isHeld, listView, setList } from '../../data/run-list.ts';
import { ColumnHead } from './column-head.tsx';
import { shownColumns, widthOf, type Column } from './columns.tsx';
import { RowActions } from './row-actions.tsx';

/** What every row has besides its columns: the box that selects it, its name, and its actions. */
const PICK_WIDTH = 40,
  ACTIONS_WIDTH = 98;
/** Narrower than this, rows are cards, which have room for every column. The style sheet says the same. */
const CARDS_BELOW = 700;
const NAME_COLUMN = { id: 'name', width: 240, least: 160 };

interface Props {
  runs: readonly Run[];
  picked: ReadonlyMap<string, Run>;
  pick: (runs: readonly Run[], isPicked: boolean) => void;
}

export function RunTable({ runs, picked, pick }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  /** The width of the frame in pixels. */
  const room = useSignal(1200);
  useLayoutEffect(() => {
    const { current } = frame;
    if (!current) return;
    const follow = () => {
      room.value = current.clientWidth;
    };
    follow();
    const observer = new ResizeObserver(follow);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  const { columns: chosen, widths } = listView.value;
  const columns = shownColumns(
    chosen,
    room.value < CARDS_BELOW ? Infinity : room.value - PICK_WIDTH - ACTIONS_WIDTH - widthOf(NAME_COLUMN, widths),
  );
  const total = columns.reduce((sum, one) => sum + widthOf(one, widths), widthOf(NAME_COLUMN, widths));
  const pickedHere = runs.filter(({ id }) => picked.has(id)).length;
  return (
    <div
      ref={frame}
      class="table-scroll"
      onPointerEnter={() => {
        isHeld.value = true;
      }}
      onPointerLeave={() => {
        isHeld.value = false;
      }}
      onFocusCapture={() => {
        isHeld.value = true;
      }}
      onBlurCapture={(event) => {
        if (!(event.relatedTarget instanceof Node && frame.current?.contains(event.relatedTarget)))
          isHeld.value = false;
      }}
    >
      <table class="runs" style={{ minWidth: `${total + PICK_WIDTH + ACTIONS_WIDTH}px` }}>
        <caption class="sr">Training runs</caption>
        <colgroup>
          <col style={{ width: `${PICK_WIDTH}px` }} />
          <col style={{ width: `${widthOf(NAME_COLUMN, widths)}px` }} />
          {columns.map((one) => (
            <col key={one.id} style={{ width: `${widthOf(one, widths)}px` }} />
          ))}
          <col style={{ width: `${ACTIONS_WIDTH}px` }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col" class="pick">
              <input
                type="checkbox"
                aria-label="Select all runs on this page"
                checked={pickedHere === runs.length}
                ref={(box: HTMLInputElement | null) => {
                  if (box) box.indeterminate = pickedHere > 0 && pickedHere < runs.length;
                }}
                onChange={(event) => pick(runs, event.currentTarget.checked)}
              />
            </th>
            <ColumnHead column={{ ...NAME_COLUMN, label: 'Run', path: 'name', type: 'text' }} shown={columns} />
            {columns.map((one) => (
              <ColumnHead key={one.id} column={one} shown={columns} />
            ))}
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} columns={columns} isPicked={picked.has(run.id)} pick={pick} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  run: Run;
  columns: readonly Column[];
  isPicked: boolean;
  pick: Props['pick'];
}

function Row({ run, columns, isPicked, pick }: RowProps) {
  return (
    <tr aria-selected={isPicked}>
      <td class="pick">
        <input
          type="checkbox"
          checked={isPicked}
          onChange={() => pick([run], !isPicked)}
          aria-label={`Select ${title(run)}`}
        />
      </td>
      <td class="what">
        <a class="name" dir="auto" href={`/runs/${run.id}`} title={title(run)}>
          {title(run)}
        </a>
        <div class="under">
          {run.experiment && (
            <button type="button" class="tag" dir="auto" onClick={() => setList({ experiment: run.experiment })}>
              {run.experiment}
            </button>
          )}
          {run.tags.map((tag) => (
            <button key={tag} type="button" class="tag" dir="auto" onClick={() => setList({ tag })}>
              {tag}
            </button>
          ))}
        </div>
      </td>
      {columns.map((one) => (
        <td key={one.id} class={one.isNumber ? 'end' : ''} data-column={one.id} data-label={cardLabel(one)}>
          {one.cell(run)}
        </td>
      ))}
      <td class="do">
        <RowActions run={run} />
      </td>
    </tr>
  );
}

/** On a narrow screen a row is a card, and each value has its label before it. */
const cardLabel = ({ label, of }: Column) => (of ? `${label}, ${of}` : label);
