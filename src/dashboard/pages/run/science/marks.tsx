/** Marks of samples: classes differ by their shapes too, not by their colours alone. */

const SHAPES = [
  'M-3.2,0a3.2,3.2 0 1,0 6.4,0a3.2,3.2 0 1,0 -6.4,0',
  'M-3,-3H3V3H-3Z',
  'M0,-3.8L3.6,2.6H-3.6Z',
  'M0,-4.2L4.2,0L0,4.2L-4.2,0Z',
  'M-1.3,-3.8H1.3V-1.3H3.8V1.3H1.3V3.8H-1.3V1.3H-3.8V-1.3H-1.3Z',
  'M0,3.8L3.6,-2.6H-3.6Z',
  'M-3.6,-1.6H3.6V1.6H-3.6Z',
] as const;

/** The shape of the class or output at this place, around 0. */
const shapeOf = (place: number): string => SHAPES[place % SHAPES.length]!;

interface Props {
  x: number;
  y: number;
  place: number;
  colour: string;
  /** Training samples are filled, validation samples hollow. */
  isFilled: boolean;
  /** Of a filled mark; otherwise that of the surface. */
  edge?: string;
}

export const Mark = ({ x, y, place, colour, isFilled, edge = 'var(--surface)' }: Props) => (
  <path
    d={shapeOf(place)}
    transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
    fill={isFilled ? colour : 'var(--surface)'}
    stroke={isFilled ? edge : colour}
    stroke-width={isFilled ? 0.8 : 1.6}
  />
);

export function MarkLegend({
  names,
  colourOf,
  hasValidation,
}: {
  names: readonly string[];
  colourOf: (place: number) => string;
  hasValidation: boolean;
}) {
  return (
    <ul class="mark-legend">
      {names.map((name, place) => (
        <li key={place}>
          <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
            <Mark x={0} y={0} place={place} colour={colourOf(place)} isFilled />
          </svg>
          {name}
        </li>
      ))}
      {hasValidation && <li class="faint">filled: training samples; hollow: validation samples</li>}
    </ul>
  );
}
