/** Where on the time axis something happened, for the charts and the slider: two growing columns, nothing per event. */
import type { RunEvent } from '../../vocabulary/index.ts';

export type MarkKind = 'died' | 'revived' | 'other';

export const kindOf = ({ code }: RunEvent): MarkKind =>
  code === 'NEURONS_REVIVED' ? 'revived' : code === 'NEURONS_DIED' || code === 'NEURONS_BORN_DEAD' ? 'died' : 'other';

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
