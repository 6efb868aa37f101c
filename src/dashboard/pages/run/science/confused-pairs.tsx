import type { ConfusionAnswer } from '../../../../vocabulary/index.ts';
import { percent, whole } from '../../../parts/format.ts';
import type { Cell } from './confusion-matrix.tsx';

interface Props {
  answer: Pick<ConfusionAnswer, 'classes' | 'counts'>;
  cell: Cell | null;
  choose: (cell: Cell | null) => void;
}

const MOST_PAIRS = { few: 5, many: 20 };
/** From this many classes on, the list stands for the table. */
const MANY_CLASSES = 31;

/** The largest numbers off the diagonal. */
export function ConfusedPairs({ answer: { classes, counts }, cell, choose }: Props) {
  const pairs = counts
    .flatMap((row, actual) => {
      const total = row.reduce((sum, value) => sum + value, 0);
      return row.map((value, predicted) => ({ actual, predicted, value, share: value / total }));
    })
    .filter(({ actual, predicted, value }) => actual !== predicted && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, classes.length < MANY_CLASSES ? MOST_PAIRS.few : MOST_PAIRS.many);
  if (pairs.length === 0) return <p class="quiet">No sample is put into a wrong class.</p>;
  return (
    <div class="confused">
      <h3>Confused most</h3>
      <ul>
        {pairs.map(({ actual, predicted, value, share }) => {
          const isChosen = cell?.actual === actual && cell.predicted === predicted;
          return (
            <li key={`${actual} ${predicted}`}>
              <button
                type="button"
                class="button small"
                aria-pressed={isChosen}
                onClick={() => choose(isChosen ? null : { actual, predicted })}
              >
                {classes[actual]} → {classes[predicted]} <b class="num">{whole(value)}</b>{' '}
                <span class="num">{percent(share)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
