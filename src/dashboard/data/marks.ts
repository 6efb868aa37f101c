/** Where on the time axis something happened, for the charts and the slider: two growing columns, nothing per event. */
import type { EventCode, RunEvent } from '../../vocabulary/index.ts';

export type MarkKind = 'died' | 'revived' | 'other';

const KINDS: Readonly<Record<EventCode, MarkKind>> = {
  NEURONS_BORN_DEAD: 'died',
  NEURONS_DIED: 'died',
  NEURONS_REVIVED: 'revived',
  RUN_RESUMED: 'other',
  THREAD_CRASHED: 'other',
  LEARNING_RATE_REDUCED: 'other',
  STOPPED_EARLY: 'other',
  DIVERGED: 'other',
};

export const kindOf = ({ code }: RunEvent): MarkKind => KINDS[code];

const MOST = 20_000;

export class Marks {
  readonly died: number[] = [];
  readonly revived: number[] = [];
  readonly other: number[] = [];

  add(step: number, event: RunEvent): void {
    const steps = this[kindOf(event)];
    if (event.level === 'info' && steps === this.other) return;
    // In order, so that a drawing can stop early; events come nearly sorted.
    let at = steps.length;
    while (at > 0 && steps[at - 1]! > step) at -= 1;
    if (steps[at - 1] === step) return;
    steps.splice(at, 0, step);
    if (steps.length > MOST) steps.shift();
  }
}
