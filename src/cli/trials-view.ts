/** Trials as a terminal shows them: how far they are, then what each piece of advice came to. */
import { adviceName, effectInWords, FIGURES, type Trials, type TriedAdvice } from '../vocabulary/index.ts';
import { describeChange } from './diagnosis-view.ts';
import { argument, bar, figure, table } from './text.ts';

const BAR_WIDTH = 24;

export function describeProgress({ status, progress: { ended, total } }: Trials): string {
  return `${bar(total > 0 ? ended / total : 0, BAR_WIDTH)}  ${ended} of ${total} trials  ${status}`;
}

/** `name` is how the user named the run. */
export function describeTrials(trials: Trials, name: string): string {
  const { pieces, untouched, criterion } = trials;
  const fixed = untouched.filter(({ isFixed }) => isFixed).length;
  const ran = untouched.filter(({ outcome }) => outcome !== null && outcome !== 'cancelled').length;
  const [best] = pieces;
  return [
    table([...pieces.map(rowOf), ['untouched', `fixed ${fixed} of ${ran}`]]),
    '',
    criterion,
    ...(best?.measured && best.measured.fixed > 0
      ? [
          '',
          `The one to take: ${adviceName(best)}`,
          ...describeChange(best.change).map((line) => `  ${line}`),
          `To submit the job with it: relumine take ${argument(name)}`,
        ]
      : ['', 'No piece of advice fixed it.']),
  ].join('\n');
}

/** For example "More units  fixed 3 of 3  validation loss 0.42 -> 0.03  better with every seed". */
function rowOf(piece: TriedAdvice): string[] {
  const { measured, trials } = piece;
  if (!measured) return [adviceName(piece), 'not measured'];
  const { runs, metric, before, after } = measured;
  const lost = trials.filter(({ outcome }) => outcome === 'diverged' || outcome === 'failed').length;
  return [
    adviceName(piece),
    `fixed ${measured.fixed} of ${runs}`,
    `${FIGURES[metric].name} ${figure(metric, before)} -> ${figure(metric, after)}`,
    lost > 0 ? `${lost} diverged or failed` : effectInWords(measured),
  ];
}
