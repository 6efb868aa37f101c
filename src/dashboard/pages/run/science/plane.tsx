import { useEffect, useRef } from 'preact/hooks';
import { number, whole } from '../../../parts/format.ts';
import { palette } from '../../../theme.ts';
import type { Surface } from './function-panel.tsx';
import { rangeOf } from './grid.ts';
import { Mark, MarkLegend } from './marks.tsx';
import { useWidth } from './use-width.ts';

const MOST_WIDTH = 560;

/** Two inputs: the classes' regions, or the values of the first target, with the samples on top. */
export function Plane({ surface, side }: { surface: Surface; side: number }) {
  const { grid, outputs, training, validation } = surface;
  const [box, available] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  const width = Math.min(available, MOST_WIDTH);
  const height = Math.round(width * 0.75);
  const points = [...training.features, ...(validation?.features ?? [])];
  const [across, up] = [rangeOf(points, 0), rangeOf(points, 1)];
  const x = (value: number): number => (width * (value - across[0])) / (across[1] - across[0]);
  const y = (value: number): number => (height * (up[1] - value)) / (up[1] - up[0]);

  const areClasses = training.task === 'classification';
  const values = [...outputs.map((row) => row[0]!), ...targetsOf(training), ...targetsOf(validation)].filter(
    Number.isFinite,
  );
  const scale: [low: number, high: number] =
    areClasses || values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const classColour = (place: number): string => colours.curves[place % colours.curves.length]!;
  const valueColour = (value: number): string =>
    diverging(colours.cold, colours.surface, colours.ember, share(value, scale));

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.canvas.width = side;
    context.canvas.height = side;
    outputs.forEach((row, place) => {
      const isKnown = row.every(Number.isFinite);
      const winner = areClasses ? row.indexOf(Math.max(...row)) : 0;
      const surety = areClasses ? (row[winner]! - 1 / row.length) / (1 - 1 / row.length) : 1;
      context.globalAlpha = isKnown ? (areClasses ? 0.12 + 0.5 * surety : 0.75) : 0;
      context.fillStyle = areClasses ? classColour(winner) : valueColour(row[0]!);
      context.fillRect(place % side, Math.floor(place / side), 1, 1);
    });
  }, [outputs, colours, side, areClasses, width]);

  const marksOf = (part: Surface['validation'], isFilled: boolean) =>
    part?.features.map((point, k) => {
      const target = part.targets[k]!;
      const place = typeof target === 'number' ? target : 0;
      const colour = typeof target === 'number' ? classColour(target) : valueColour(target[0]!);
      return (
        <Mark
          key={`${isFilled} ${k}`}
          x={x(point[0]!)}
          y={y(point[1]!)}
          place={place}
          colour={colour}
          isFilled={isFilled}
          {...(typeof target !== 'number' && { edge: colours.muted })}
        />
      );
    });
  const [first = '', second = ''] = training.inputs;
  return (
    <figure class="plane">
      {areClasses ? (
        <MarkLegend names={training.outputs} colourOf={classColour} hasValidation={validation !== null} />
      ) : (
        <ValueLegend
          name={training.outputs[0] ?? ''}
          scale={scale}
          colourOf={valueColour}
          hasValidation={validation !== null}
        />
      )}
      <div class="plane-frame">
        <span class="faint axis-name">{second} ↑</span>
        <div ref={box}>
          {width > 0 && (
            <div class="plane-layers" style={{ width: `${width}px`, height: `${height}px` }}>
              <canvas ref={canvas} aria-hidden="true" />
              <svg
                width={width}
                height={height}
                role="img"
                aria-label={`${areClasses ? 'Regions of the classes' : 'Predicted values'} over ${first} from ${number(across[0])} to ${number(across[1])} and ${second} from ${number(up[0])} to ${number(up[1])}, with ${whole(points.length)} samples.`}
              >
                {marksOf(training, true)}
                {marksOf(validation, false)}
              </svg>
            </div>
          )}
        </div>
      </div>
      <p class="faint num">
        {first}: {number(across[0])} to {number(across[1])}. {second}: {number(up[0])} to {number(up[1])}.{' '}
        {areClasses ? 'The stronger the tint, the surer the model.' : ''} {whole(grid.length)} predictions.
      </p>
    </figure>
  );
}

function ValueLegend({
  name,
  scale: [low, high],
  colourOf,
  hasValidation,
}: {
  name: string;
  scale: [low: number, high: number];
  colourOf: (value: number) => string;
  hasValidation: boolean;
}) {
  const values = Array.from({ length: 5 }, (_, k) => low + ((high - low) * k) / 4);
  return (
    <ul class="mark-legend">
      <li>{name}:</li>
      {values.map((value) => (
        <li key={value}>
          <i class="swatch" style={{ background: colourOf(value) }} />
          <span class="num">{number(value)}</span>
        </li>
      ))}
      {hasValidation && <li class="faint">filled: training samples; hollow: validation samples</li>}
    </ul>
  );
}

const targetsOf = (part: Surface['validation']): number[] =>
  (part?.targets ?? []).flatMap((target) => (typeof target === 'number' ? [] : (target[0] ?? [])));
const share = (value: number, [low, high]: readonly [number, number]): number =>
  high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
/** The middle of the scale is the surface itself. */
const diverging = (cold: string, middle: string, warm: string, part: number): string =>
  `color-mix(in oklab, ${part < 0.5 ? cold : warm} ${(200 * Math.abs(part - 0.5)).toFixed(1)}%, ${middle})`;
