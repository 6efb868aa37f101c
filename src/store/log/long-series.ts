/** Series with every point, read piece by piece, as often as they are asked for: in memory there is one piece. */
import type pg from 'pg';
import { isWindowMean, middleOfWindow, Smoother } from '../../vocabulary/index.ts';
import type { LongSeries, MetricsSelection } from '../store.ts';
import { EVERY_STEP, kindsOf, type Kind, type StepRange } from './metric-kinds.ts';
import { rowsOf } from './metric-rows.ts';

/** Numbers of one answer that are read at once. */
const MOST_NUMBERS = 256 * 1024;

/** Null where the points are few. A series without points in the range is not among them. */
export async function longSeries(
  pool: pg.Pool,
  runId: string,
  { keys, fromStep, toStep, smoothing, smoothingRange }: Omit<MetricsSelection, 'points' | 'spacing'>,
): Promise<LongSeries[] | null> {
  const kinds = await kindsOf(pool, runId);
  const wanted = [...new Set(kinds.flatMap((kind) => kind.keys))].filter((key) => !keys || keys.includes(key));
  const numbers = kinds.reduce(
    (sum, kind) => sum + pointsIn(kind) * kind.keys.filter((key) => wanted.includes(key)).length,
    0,
  );
  if (numbers <= MOST_NUMBERS) return null;
  const range: StepRange = { fromStep: fromStep ?? EVERY_STEP.fromStep, toStep: toStep ?? EVERY_STEP.toStep };
  const pointsOf = (key: string, within: StepRange) => () => read(pool, runId, key, within);
  const series = wanted.map((key): LongSeries => {
    const every = everyOf(key, kinds);
    const all = pointsOf(key, { ...range, fromStep: EVERY_STEP.fromStep });
    return {
      key,
      every,
      points: pointsOf(key, range),
      smoothed: smoothing
        ? () => smooth(all, { smoothing, smoothingRange, every: every ?? 1, fromStep: range.fromStep })
        : null,
    };
  });
  const hasPoints = await Promise.all(series.map(({ points }) => hasAny(points())));
  return series.filter((_, i) => hasPoints[i]);
}

const pointsIn = ({ bytes, keys }: Kind): number => bytes / (4 + 8 * keys.length);

function everyOf(key: string, kinds: readonly Kind[]): number | null {
  const [first, ...others] = kinds.filter((kind) => kind.keys.includes(key));
  if (!first || !isWindowMean(key)) return null;
  return others.every(({ every }) => every === first.every) ? first.every : null;
}

async function* read(
  pool: pg.Pool,
  runId: string,
  key: string,
  range: StepRange,
): AsyncGenerator<{ steps: number[]; values: (number | null)[] }> {
  const { batches } = await rowsOf(pool, runId, { keys: [key], ...range });
  for await (const { steps, values } of batches) yield { steps, values: values[0]!.map((value) => value ?? null) };
}

async function hasAny(points: ReturnType<LongSeries['points']>): Promise<boolean> {
  for await (const { steps } of points) if (steps.length > 0) return true;
  return false;
}

/** The curve depends on everything before `fromStep`, where it begins. */
async function* smooth(
  all: LongSeries['points'],
  {
    smoothing,
    smoothingRange,
    every,
    fromStep,
  }: { smoothing: number; smoothingRange: number | undefined; every: number; fromStep: number },
): AsyncGenerator<(number | null)[]> {
  const smoother = new Smoother(smoothing, smoothingRange ?? (await widthOf(all())));
  for await (const { steps, values } of all()) {
    const curve: (number | null)[] = [];
    for (const [i, step] of steps.entries()) {
      const value = smoother.next(middleOfWindow(step, every), values[i] ?? NaN);
      if (step >= fromStep) curve.push(Number.isFinite(value) ? value : null);
    }
    yield curve;
  }
}

async function widthOf(points: ReturnType<LongSeries['points']>): Promise<number> {
  let [first, last] = [NaN, NaN];
  for await (const { steps } of points) {
    if (Number.isNaN(first)) first = steps[0] ?? NaN;
    last = steps.at(-1) ?? last;
  }
  return last - first;
}
