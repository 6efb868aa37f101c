/** What changed, one line per change: `learning rate 0.1 → 0.003`. */
import { wordsOf, type Change, type ChangeWords } from '../../vocabulary/index.ts';

export const ChangeList = ({ change }: { change: readonly Change[] }) => <BeforeAndAfter lines={wordsOf(change)} />;

export const BeforeAndAfter = ({ lines }: { lines: readonly ChangeWords[] }) => (
  <ul class="change num">
    {lines.map(({ what, from, to }) => (
      <li key={`${what} ${from}`}>
        {what} <span class="from">{from}</span>
        <span aria-hidden="true"> → </span>
        <span class="sr"> becomes </span>
        <b>{to}</b>
      </li>
    ))}
  </ul>
);
