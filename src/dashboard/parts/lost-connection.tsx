import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Lost } from '../data/link.ts';
import { duration } from './format.ts';

/** Says that the numbers on the page are old, how old they are, and that the page tries to reconnect. */
export function LostConnection({ lost, reconnect }: { lost: Lost | null; reconnect: () => void }) {
  return lost && <Banner lost={lost} reconnect={reconnect} />;
}

function Banner({ lost: { since, heardAt }, reconnect }: { lost: Lost; reconnect: () => void }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="notice bad lost" role="alert">
      <div class="row">
        {/* Read out once: what changes every second is beside it. */}
        <span>
          <b>Connection lost</b> at <time dateTime={new Date(since).toISOString()}>{clock(since)}</time>.{' '}
          {heardAt === null ? 'Nothing has arrived yet.' : `The numbers on this page are from ${clock(heardAt)}.`} The
          page tries to reconnect.
        </span>
        <span class="num" aria-hidden="true">
          {duration(now.value - (heardAt ?? since))} old
        </span>
        <button type="button" class="button small" onClick={reconnect}>
          Try now
        </button>
      </div>
    </div>
  );
}

const clock = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB');
