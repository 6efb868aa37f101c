import type { RunStatus } from '../../schemas/index.ts';
import { whole } from './format.ts';

export const Status = ({ of: status }: { of: RunStatus }) => (
  <span class={`status ${status}`}>
    <span class="dot" />
    {status}
  </span>
);

/** Shown only where there are any: no dead neuron is no news. */
export const DeadCount = ({ count }: { count: number | null | undefined }) =>
  count ? (
    <span class="dead-count num">
      {whole(count)}
      <span class="sr"> dead</span>
    </span>
  ) : (
    <span class="faint num">{count === 0 ? '0' : '–'}</span>
  );
