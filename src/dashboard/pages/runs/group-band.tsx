import type { Statistics } from '../../../vocabulary/index.ts';
import type { Band } from '../../data/run-list.ts';

const WIDTH = 84,
  HEIGHT = 10,
  PAD = 2;

/** Where the mean and the band of a group lie among those of all groups. The figures beside it say the same. */
export function GroupBand({ of, band, all }: { of: Statistics; band: Band; all: readonly Statistics[] }) {
  const [low, high] = endsOf(of, band);
  const from = Math.min(...all.map((one) => endsOf(one, band)[0]));
  const to = Math.max(...all.map((one) => endsOf(one, band)[1]));
  if (!(to > from)) return null;
  const x = (value: number) => PAD + ((value - from) / (to - from)) * (WIDTH - 2 * PAD);
  return (
    <svg class="band" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <line x1={PAD} x2={WIDTH - PAD} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      <rect x={x(low)} y={2} width={Math.max(1, x(high) - x(low))} height={HEIGHT - 4} rx={2} />
      <circle cx={x(of.mean)} cy={HEIGHT / 2} r={2.5} />
    </svg>
  );
}

function endsOf({ mean, std, min, max }: Statistics, band: Band): [low: number, high: number] {
  return band === 'range' ? [min, max] : [mean - (std ?? 0), mean + (std ?? 0)];
}
