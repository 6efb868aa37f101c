import type { ColumnProfile } from '../../../vocabulary/index.ts';
import { number, percent, whole } from '../../parts/format.ts';

const WIDTH = 120,
  HEIGHT = 28;
/** So many values are told apart at a glance. */
const MOST_VALUES = 4;

/** What a column holds, at a glance: a histogram of its numbers, or its most frequent values. */
export function ColumnFigure({ profile, rows }: { profile: ColumnProfile; rows: number }) {
  const { histogram, top } = profile;
  if (histogram && histogram.counts.length > 0 && profile.kind !== 'categorical' && profile.kind !== 'boolean')
    return <Bars edges={histogram.edges} counts={histogram.counts} profile={profile} />;
  if (top && top.length > 0) return <TopValues top={top} rows={rows} />;
  return <span class="faint">–</span>;
}

function Bars({ edges, counts, profile }: { edges: number[]; counts: number[]; profile: ColumnProfile }) {
  const most = Math.max(...counts, 1);
  const wide = WIDTH / counts.length;
  const show = profile.kind === 'date' ? day : number;
  const from = show(edges[0] ?? null),
    to = show(edges.at(-1) ?? null);
  const about = `Histogram from ${from} to ${to}, ${counts.length} bins, at most ${whole(most)} rows in one`;
  return (
    <figure class="bars">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={about}>
        <title>{about}</title>
        {counts.map((count, index) => {
          // A bin that has any row is seen.
          const tall = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
          return (
            <rect
              // oxlint-disable-next-line react/no-array-index-key -- bins have no other name
              key={index}
              x={index * wide}
              y={HEIGHT - tall}
              width={Math.max(0.5, wide - 0.5)}
              height={tall}
            />
          );
        })}
      </svg>
      <figcaption class="faint num">
        <span>{from}</span>
        <span>{to}</span>
      </figcaption>
    </figure>
  );
}

function TopValues({ top, rows }: { top: { value: string; count: number }[]; rows: number }) {
  const more = top.length - MOST_VALUES;
  return (
    <ul class="top-values">
      {top.slice(0, MOST_VALUES).map(({ value, count }) => (
        <li key={value} title={`${value}: ${whole(count)} rows`}>
          <i style={{ transform: `scaleX(${rows > 0 ? count / rows : 0})` }} />
          <span dir="auto">{value}</span>
          <span class="num">{percent(rows > 0 ? count / rows : null, 0)}</span>
        </li>
      ))}
      {more > 0 && <li class="faint">and others</li>}
    </ul>
  );
}

/** A date is in milliseconds since 1970 UTC. */
export const day = (ms: number | null): string =>
  ms === null || !Number.isFinite(ms) ? '–' : new Date(ms).toISOString().slice(0, 10);
