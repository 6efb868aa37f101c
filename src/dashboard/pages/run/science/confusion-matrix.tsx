import { useRef, useState } from 'preact/hooks';
import type { ConfusionAnswer } from '../../../../vocabulary/index.ts';
import { percent, whole } from '../../../parts/format.ts';

export interface Cell {
  actual: number;
  predicted: number;
}

interface Props {
  answer: Pick<ConfusionAnswer, 'classes' | 'counts'>;
  cell: Cell | null;
  choose: (cell: Cell | null) => void;
}

/** With more classes, a cell has its count only; its share is in its name and its colour. */
const MOST_SHARES = 12;
/** The strongest tint in percent: the ink on it stays legible. */
const MOST_TINT = 45;
const MOVES: Record<string, readonly [down: number, right: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Actual classes downwards, predicted ones to the right. Right answers, on the diagonal, are warm, and wrong ones cold; the
 * tint is the share of the row. One cell is in the tab order, and the arrow keys move from it.
 */
export function ConfusionMatrix({ answer: { classes, counts }, cell, choose }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [focus, setFocus] = useState<Cell>({ actual: 0, predicted: 0 });
  const hasShares = classes.length <= MOST_SHARES;
  const move = (event: KeyboardEvent) => {
    const [down, right] = MOVES[event.key] ?? [0, 0];
    const next = { actual: focus.actual + down, predicted: focus.predicted + right };
    if ((down === 0 && right === 0) || counts[next.actual]?.[next.predicted] === undefined) return;
    event.preventDefault();
    setFocus(next);
    table.current?.querySelector<HTMLButtonElement>(`[data-cell="${next.actual} ${next.predicted}"]`)?.focus();
  };
  return (
    <div class="table-scroll">
      <table ref={table} class="matrix num" onKeyDown={move}>
        <caption class="sr">Samples by actual class, in rows, and predicted class, in columns</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="faint">actual ↓ predicted →</span>
            </th>
            {classes.map((name, k) => (
              <th key={k} scope="col" title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, actual) => {
            const total = row.reduce((sum, value) => sum + value, 0);
            return (
              <tr key={actual}>
                <th scope="row" title={classes[actual]}>
                  {classes[actual]}
                </th>
                {row.map((value, predicted) => {
                  const share = total === 0 ? 0 : value / total;
                  const isChosen = cell?.actual === actual && cell.predicted === predicted;
                  return (
                    <td key={predicted}>
                      <button
                        type="button"
                        data-cell={`${actual} ${predicted}`}
                        tabIndex={focus.actual === actual && focus.predicted === predicted ? 0 : -1}
                        aria-pressed={isChosen}
                        style={{ background: tint(share, actual === predicted) }}
                        onFocus={() => setFocus({ actual, predicted })}
                        onClick={() => choose(isChosen ? null : { actual, predicted })}
                      >
                        {whole(value)}
                        {hasShares && <span>{percent(share, 0)}</span>}
                        <span class="sr">
                          {!hasShares && percent(share, 0)} of actual {classes[actual]}, predicted {classes[predicted]}
                        </span>
                      </button>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const tint = (share: number, isRight: boolean): string =>
  `color-mix(in oklab, var(--${isRight ? 'ember' : 'cold'}) ${(MOST_TINT * Math.sqrt(share)).toFixed(1)}%, var(--surface))`;
