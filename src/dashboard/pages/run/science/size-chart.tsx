import { number, stepLabel, whole } from '../../../parts/format.ts';
import { useWidth } from './use-width.ts';
import { verdictAt } from './verdict-at.ts';

/** A range of values that is usual. */
export interface Zone {
  from: number;
  to: number;
  label: string;
}

interface SizeCurve {
  name: string;
  colour: string;
  /** One per step. */
  values: (number | null)[];
}

interface Props {
  title: string;
  note: string;
  zone?: Zone | undefined;
  steps: number[];
  curves: SizeCurve[];
  /** The last step of the axis. */
  end: number;
  at: number | null;
}

const HEIGHT = 180;
const PLOT = { left: 58, right: 10, top: 8, bottom: 22 };
/** Layers differ by their dashes too, not by their colours alone. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3', '1 4'];
/** With more verdicts than this, dots would hide the lines. */
const MOST_DOTS = 40;

/** One value per verdict and layer on a logarithmic axis. Values that are 0 have no place on it and are counted below. */
export function SizeChart({ title, note, zone, steps, curves, end, at }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const positive = curves.flatMap(({ values }) => values.filter((value) => value !== null && value > 0) as number[]);
  const zeros = curves.reduce((sum, { values }) => sum + values.filter((value) => value === 0).length, 0);
  const [low, high] = powersAround([...positive, ...(zone ? [zone.from, zone.to] : [])]);
  const x = (step: number): number =>
    PLOT.left + (Math.max(0, width - PLOT.left - PLOT.right) * step) / Math.max(1, end);
  const y = (value: number): number =>
    PLOT.top + ((HEIGHT - PLOT.top - PLOT.bottom) * (high - Math.log10(value))) / (high - low);
  const place = verdictAt(steps, at);
  const powers = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const labelEvery = Math.ceil(powers.length / 6);
  return (
    <figure class="size-chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {curves.map(({ name, colour, values }, index) => (
            <li key={name}>
              <svg width="22" height="8" aria-hidden="true">
                <line x1="0" y1="4" x2="22" y2="4" stroke={colour} stroke-width="2" stroke-dasharray={dash(index)} />
              </svg>
              {name} <b class="num">{number(values[place])}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box}>
        <svg width={width} height={HEIGHT} role="img" aria-label={`${title} by step, on a logarithmic axis.`}>
          {zone && (
            <g class="zone">
              <rect
                x={PLOT.left}
                y={y(zone.to)}
                width={Math.max(0, width - PLOT.left - PLOT.right)}
                height={y(zone.from) - y(zone.to)}
              />
              <text x={PLOT.left + 6} y={y(zone.from) - 6}>
                usual: {zone.label}
              </text>
            </g>
          )}
          {powers.map((power, index) => (
            <g key={power} class="axis">
              <line x1={PLOT.left} x2={width - PLOT.right} y1={y(10 ** power)} y2={y(10 ** power)} />
              {index % labelEvery === 0 && (
                <text x={PLOT.left - 8} y={y(10 ** power) + 4} text-anchor="end">
                  {powerLabel(power)}
                </text>
              )}
            </g>
          ))}
          {[0, end].map((step, index) => (
            <text key={index} class="tick" x={x(step)} y={HEIGHT - 6} text-anchor={index === 0 ? 'start' : 'end'}>
              {stepLabel(step)}
            </text>
          ))}
          {curves.map(({ name, colour, values }, index) => (
            <g key={name} stroke={colour} fill={colour}>
              <path d={pathOf(steps, values, x, y)} fill="none" stroke-width="1.5" stroke-dasharray={dash(index)} />
              {steps.length <= MOST_DOTS &&
                values.map(
                  (value, verdict) =>
                    value !== null &&
                    value > 0 && <circle key={verdict} cx={x(steps[verdict]!)} cy={y(value)} r="2" stroke="none" />,
                )}
            </g>
          ))}
          {at !== null && <line class="at" x1={x(at)} x2={x(at)} y1={PLOT.top} y2={HEIGHT - PLOT.bottom} />}
        </svg>
      </div>
      <p class="quiet">
        {note}
        {zeros > 0 && ` ${whole(zeros)} ${zeros === 1 ? 'value is' : 'values are'} 0 and not drawn.`}
      </p>
    </figure>
  );
}

const dash = (index: number): string => DASHES[index % DASHES.length]!;
const powerLabel = (power: number): string =>
  power >= -2 && power <= 3 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`;

/** Whole powers of ten that enclose the values. */
function powersAround(values: readonly number[]): [low: number, high: number] {
  if (values.length === 0) return [-1, 1];
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function pathOf(
  steps: readonly number[],
  values: readonly (number | null)[],
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  const points = values.flatMap((value, place) =>
    value !== null && value > 0 ? `${x(steps[place]!).toFixed(1)},${y(value).toFixed(1)}` : [],
  );
  return points.length === 0 ? '' : `M${points.join('L')}`;
}
