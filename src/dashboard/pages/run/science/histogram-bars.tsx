import type { Histogram } from '../../../../vocabulary/index.ts';
import { number, percent, whole } from '../../../parts/format.ts';

const HEIGHT = 90;

/** One histogram, with what is not in its bins. */
export function HistogramBars({ histogram, step, name }: { histogram: Histogram; step: number; name: string }) {
  const { counts, count, zeros, nonFinite, range, minimum, mean, deviation, maximum } = histogram;
  const most = Math.max(1, ...counts);
  return (
    <figure class="value-bars">
      <figcaption class="num">
        <b>Step {whole(step)}</b>
        <span>
          {whole(count)} values from {number(minimum)} to {number(maximum)}, mean {number(mean)}, standard deviation{' '}
          {number(deviation)}
        </span>
        {zeros > 0 && <span>{percent(zeros / count)} exactly 0, not drawn</span>}
        {nonFinite > 0 && <span>{whole(nonFinite)} not finite</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        height={HEIGHT}
        role="img"
        aria-label={`Histogram of ${name} at step ${step}: ${counts.length} bins from ${number(-range)} to ${number(range)}, the fullest with ${whole(most)} values.`}
      >
        {counts.map((values, bin) => (
          <rect
            key={bin}
            x={bin + 0.06}
            width={0.88}
            y={HEIGHT - (HEIGHT * values) / most}
            height={(HEIGHT * values) / most}
          />
        ))}
      </svg>
      <div class="bars-range faint num" aria-hidden="true">
        <span>{number(-range)}</span>
        <span>0</span>
        <span>{number(range)}</span>
      </div>
    </figure>
  );
}
