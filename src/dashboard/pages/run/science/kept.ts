/** The checkpoints of a run that are kept. */
import type { CheckpointInfo, CheckpointSelector } from '../../../../vocabulary/index.ts';
import { whole } from '../../../parts/format.ts';

export interface Kept {
  /** In the order of their steps. */
  list: CheckpointInfo[];
  /** Changes with every checkpoint that is taken while the page watches, and at the end of the run. */
  version: number;
}

/** `final` is the newest one, which changes while a run trains. */
export const choicesOf = ({ list }: Kept): { choice: CheckpointSelector; words: string }[] => [
  { choice: 'final', words: 'newest weights' },
  ...(list.some(({ isBest }) => isBest) ? [{ choice: 'best' as const, words: 'best weights' }] : []),
  ...list
    .slice(0, -1)
    .filter(({ isBest }) => !isBest)
    .toReversed()
    .map(({ step }) => ({ choice: step, words: `weights of step ${whole(step)}` })),
];
