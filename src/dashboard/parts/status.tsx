import type { RunStatus } from '../../vocabulary/index.ts';
import { whole } from './format.ts';
import { STATUS_LABELS } from './labels.ts';

export const Status = ({ of: status }: { of: RunStatus }) => (
  <span class={`status ${status}`}>
    <span class="dot" />
    {STATUS_LABELS[status]}
  </span>
);

/** The mark is shown only where there are such neurons. `of` says to screen readers what is counted. */
export const DeadCount = ({ count, of = 'dead or silent' }: { count: number | null | undefined; of?: string }) =>
  count ? (
    <span class="dead-count num">
      {whole(count)}
      <span class="sr"> {of}</span>
    </span>
  ) : (
    <span class="faint num">{count === 0 ? '0' : '–'}</span>
  );
