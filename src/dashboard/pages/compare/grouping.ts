/** Runs with the same value of a setting as one curve with a band, and the runs themselves thin behind it. */
import { combine, deviationOf, meanOf, medianOf, type Band, type Middle } from '../../charts/combine.ts';
import type { Curve, Points } from '../../charts/curve.ts';
import { smooth, toUnits } from '../../charts/lines.ts';
import { DASHES } from '../../charts/run-style.ts';
import type { RunScale, XAxis } from '../../charts/x-axis.ts';
import { settingsOf } from './settings.ts';
import type { Shown } from './shown.ts';

export interface Group {
  /** As words, such as `learningRate = 0.001`. */
  name: string;
  colour: string;
  dash: readonly number[] | undefined;
  members: Shown[];
}

export function groupRuns(shown: readonly Shown[], path: string, colours: readonly string[]): Group[] {
  const groups = new Map<string, Shown[]>();
  for (const one of shown) {
    const value = settingsOf(one.run.spec).get(path) ?? 'not set';
    groups.set(value, [...(groups.get(value) ?? []), one]);
  }
  const field = path.split('.').at(-1)!;
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }) || 0)
    .map(([value, members], i) => ({
      name: `${field} = ${value}`,
      colour: colours[i % colours.length]!,
      dash: DASHES[Math.floor(i / colours.length) % DASHES.length],
      members,
    }));
}

interface GroupOptions {
  middle: Middle;
  band: Band;
  axis: XAxis;
  smoothing: number;
  smoothingRange: number;
}

/** One metric of one member: in steps, with the run's scale. */
export interface Member {
  id: string;
  label: string;
  series: Points;
  smoothed: Points | undefined;
  scale: RunScale;
}

/** The group's curve, and one for each of its runs. The mean is of smoothed curves where curves are smoothed. */
export function groupCurves(group: Group, members: readonly Member[], options: GroupOptions): Curve[] {
  if (members.length === 0) return [];
  const { axis, smoothing } = options;
  const inUnits = (points: Points, { scale }: Member): Points => toUnits(points, axis, scale);
  const raw = combine(
    members.map((member) => inUnits(member.series, member)),
    options,
  );
  const smoothed =
    smoothing > 0
      ? combine(
          members.map((member) => inUnits(member.smoothed ?? smooth(member.series, options), member)),
          options,
        )
      : null;
  const { low, high, counts, steps } = smoothed ?? raw;
  return [
    {
      id: group.name,
      label: `${group.name} (N = ${members.length})`,
      colour: group.colour,
      dash: group.dash,
      width: 2,
      series: raw,
      smoothed: smoothed ?? undefined,
      scale: null,
      band: { steps, low, high },
      counts: { steps, values: counts },
    },
    ...members.map((member) => ({ ...member, colour: group.colour, isBehind: true })),
  ];
}

/** `0.12 ± 0.01`, the mean and the deviation of a sample, or the median and the range. */
export function spreadOf(
  values: readonly (number | null | undefined)[],
  middle: Middle,
): { count: number; centre: number; deviation: number; least: number; most: number } | null {
  const known = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (known.length === 0) return null;
  return {
    count: known.length,
    centre: middle === 'mean' ? meanOf(known) : medianOf(known),
    deviation: deviationOf(known),
    least: Math.min(...known),
    most: Math.max(...known),
  };
}
