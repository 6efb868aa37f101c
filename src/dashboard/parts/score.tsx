import { scoreOf, type Run } from '../../vocabulary/index.ts';
import { percent, rSquared } from './format.ts';

/** How well a run's network answers, with the samples that it is measured on. */
export function Score({ run }: { run: Run }) {
  const { value, name, split } = scoreOf(run);
  return (
    <>
      {name === 'accuracy' ? percent(value) : rSquared(value)}
      <span class="split">
        {name}, {split}
      </span>
    </>
  );
}
