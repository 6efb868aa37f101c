import { taskOf, type Run } from '../../vocabulary/index.ts';
import { hasValidation } from '../data/vocabulary.ts';
import { number, percent } from './format.ts';

/** How well a run's network answers, by the usual figure of its task, with the samples that it is measured on. */
export function Score({ run }: { run: Run }) {
  const { value, name } = scoreOf(run);
  return (
    <>
      {value}
      <span class="split">{name}</span>
    </>
  );
}

function scoreOf(run: Run): { value: string; name: string } {
  const { summary, spec } = run;
  const split = hasValidation(run) ? 'validation' : 'training';
  switch (taskOf(spec.training.loss)) {
    case 'regression':
      return { value: number(summary.r2), name: `R², ${split}` };
    case 'classification':
    case 'multilabel':
      return {
        value: percent(hasValidation(run) ? summary.valAccuracy : summary.accuracy),
        name: `accuracy, ${split}`,
      };
  }
}
