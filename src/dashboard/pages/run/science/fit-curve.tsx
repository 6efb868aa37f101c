import { number, whole } from '../../../parts/format.ts';
import { palette } from '../../../theme.ts';
import type { Surface } from './function-panel.tsx';
import { rangeOf, roundTicks } from './grid.ts';
import { Mark, MarkLegend } from './marks.tsx';
import { useWidth } from './use-width.ts';

const HEIGHT = 300;
const PLOT = { left: 52, right: 12, top: 10, bottom: 26 };
const DASHES = ['', '7 3', '2 3', '9 3 2 3'];

/** One input: the predictions as a line for each output, and the samples. Of classes, the lines are probabilities. */
export function FitCurve({ surface: { grid, outputs, training, validation } }: { surface: Surface }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const { curves } = palette.value;
  const isRegression = training.task === 'regression';
  const colourOf = (place: number): string => curves[place % curves.length]!;
  const samples = isRegression ? [...pointsOf(training, true), ...pointsOf(validation, false)] : [];
  const across: [number, number] = [grid[0]![0]!, grid.at(-1)![0]!];
  const values = [...outputs.flat(), ...samples.map(({ value }) => value)].filter(Number.isFinite);
  const up = isRegression
    ? rangeOf(
        values.map((value) => [value]),
        0,
      )
    : ([0, 1] as const);
  const x = (value: number): number =>
    PLOT.left + (Math.max(0, width - PLOT.left - PLOT.right) * (value - across[0])) / (across[1] - across[0]);
  const y = (value: number): number =>
    PLOT.top + ((HEIGHT - PLOT.top - PLOT.bottom) * (up[1] - value)) / (up[1] - up[0]);
  const [input = ''] = training.inputs;
  return (
    <figure class="fit">
      <MarkLegend names={training.outputs} colourOf={colourOf} hasValidation={validation !== null && isRegression} />
      <div ref={box}>
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={`${isRegression ? 'Predictions' : 'Probabilities of the classes'} over ${input} from ${number(across[0])} to ${number(across[1])}, with ${whole(samples.length)} samples.`}
        >
          {roundTicks(up, 5).map((value) => (
            <g key={value} class="axis">
              <line x1={PLOT.left} x2={width - PLOT.right} y1={y(value)} y2={y(value)} />
              <text x={PLOT.left - 8} y={y(value) + 4} text-anchor="end">
                {number(value)}
              </text>
            </g>
          ))}
          {roundTicks(across, 5).map((value) => (
            <text key={value} x={x(value)} y={HEIGHT - 8} text-anchor="middle">
              {number(value)}
            </text>
          ))}
          {samples.map(({ at, value, output, isFilled }, k) => (
            <g key={k} opacity={0.75}>
              <Mark x={x(at)} y={y(value)} place={output} colour={colourOf(output)} isFilled={isFilled} />
            </g>
          ))}
          {training.outputs.map((name, output) => (
            <path
              key={name}
              d={pathOf(grid, outputs, output, x, y)}
              fill="none"
              stroke={isRegression && training.outputs.length === 1 ? 'var(--ink)' : colourOf(output)}
              stroke-width="2.2"
              stroke-dasharray={DASHES[output % DASHES.length]}
            />
          ))}
        </svg>
      </div>
      <p class="faint">
        Across: {input}.{' '}
        {isRegression ? 'The line is the prediction, in the unit of the target.' : 'Up: the probability of each class.'}
      </p>
    </figure>
  );
}

function pointsOf(part: Surface['validation'], isFilled: boolean) {
  return (part?.features ?? []).flatMap((point, k) => {
    const target = part!.targets[k]!;
    const values = typeof target === 'number' ? [target] : target;
    return values.map((value, output) => ({ at: point[0]!, value, output, isFilled }));
  });
}

function pathOf(
  grid: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
  output: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const points = outputs.flatMap((row, k) =>
    Number.isFinite(row[output]) ? `${x(grid[k]![0]!).toFixed(1)},${y(row[output]!).toFixed(1)}` : [],
  );
  return points.length === 0 ? '' : `M${points.join('L')}`;
}
