import type { RunStatus } from '../../vocabulary/index.ts';
import { whole } from './format.ts';
import { STATUS_LABELS } from './labels.ts';

export const Status = ({ of: status }: { of: RunStatus }) => (
  <span class={`status ${status}`}>
    <span class="dot" />
    {STATUS_LABELS[status]}
  </span>
);

/** The mark is shown only where neurons are dead. */
export const DeadCount = ({ count }: { count: number | null | undefined }) =>
  count ? (
    <span class="dead-count num">
      {whole(count)}
      <span class="sr"> dead</span>
    </span>
  ) : (
    <span class="faint num">{count === 0 ? '0' : '–'}</span>
  );
