import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';

interface Props {
  feed: RunFeed;
  run: Run;
  at: number | null;
  look: (step: number | null) => void;
}

/** A whole replay takes about this long, whatever the run's length. */
const REPLAY_MS = 12_000,
  REPLAY_TICK_MS = 120;

/** Looks back in time, by hand or as a replay; the right end is the latest step. */
export function TimeSlider({ feed, run, at, look }: Props) {
  const last = feed.lastStep;
  const [isPlaying, setPlaying] = useState(false);
  const position = useRef({ at, last });
  position.current = { at, last };

  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => {
      const { at: now, last: end } = position.current;
      const next = (now ?? 0) + Math.max(1, Math.round((end * REPLAY_TICK_MS) / REPLAY_MS));
      if (next < end) look(next);
      else {
        setPlaying(false);
        look(null);
      }
    }, REPLAY_TICK_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);

  const live = isFinal(run.status) ? 'end' : 'live';
  return (
    <div class="time">
      <button
        type="button"
        class="button icon small"
        disabled={last === 0}
        aria-label={isPlaying ? 'Stop the replay' : 'Replay from the start'}
        onClick={() => {
          if (!isPlaying && at === null) look(0);
          setPlaying(!isPlaying);
        }}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <div class="track">
        <Ticks feed={feed} last={last} />
        <input
          type="range"
          min={0}
          max={last}
          step={1}
          value={at ?? last}
          disabled={last === 0}
          aria-label="Look back in time"
          aria-valuetext={at === null ? live : `step ${at} of ${last}`}
          onInput={(event) => {
            setPlaying(false);
            const step = event.currentTarget.valueAsNumber;
            look(step >= last ? null : step);
          }}
        />
      </div>
      <output class="step">{at === null ? `step ${whole(last)}` : `step ${whole(at)} of ${whole(last)}`}</output>
      <button
        type="button"
        class={`button small now ${at === null ? 'is-now' : ''}`}
        aria-pressed={at === null}
        onClick={() => {
          setPlaying(false);
          look(null);
        }}
      >
        {live}
      </button>
    </div>
  );
}

/** Deaths and revivals along the slider, drawn again no more often than the curves. */
function Ticks({ feed, last }: { feed: RunFeed; last: number }) {
  const version = feed.slowTick.value;
  return useMemo(
    () => (
      <div class="ticks" aria-hidden="true">
        {ticksOf(feed.marks.died, last, 'died')}
        {ticksOf(feed.marks.revived, last, 'revived')}
      </div>
    ),
    [version],
  );
}

const PLACES = 200;

function ticksOf(steps: number[], last: number, kind: 'died' | 'revived') {
  const places = new Set<number>();
  for (const step of steps) places.add(Math.round((step / Math.max(1, last)) * PLACES));
  return [...places].map((place) => <i key={place} class={kind} style={{ left: `${(place / PLACES) * 100}%` }} />);
}
