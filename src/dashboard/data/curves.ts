/** A run's metrics as curves: the whole run in bounded memory, and what is looked at closer with as many points. */
import { signal } from '@preact/signals';
import {
  isWindowMean,
  type MetricColumns,
  type MetricsAnswer,
  type Spacing,
  type StepTimes,
} from '../../vocabulary/index.ts';
import { Series } from './series.ts';
import { service } from './service.ts';

const POINTS = 1200;
/** A hand that drags a slider asks once, when it rests. */
const REST_MS = 150;
const MOST_TIMES = 4096;

/** What is on the screen, in steps. */
export interface Look {
  range: readonly [from: number, to: number] | null;
  spacing: Spacing;
  /** 0..0.99 */
  smoothing: number;
  /** The width of the axis in steps, which the smoothing refers to. */
  smoothingRange: number;
}

/** The points of one look, from the service. */
interface Detail {
  look: Look;
  series: Map<string, Series>;
  /** Made from all points, also of those that are not here. */
  smoothed: Map<string, Series>;
}

export class Curves {
  readonly #runId: string;
  readonly #keys: readonly string[] | undefined;
  readonly series = new Map<string, Series>();
  /** When the run was at which step. */
  readonly times: StepTimes = { steps: [], at: [] };
  /** What the whole curves cannot show; null where they can, or its points have not arrived. */
  readonly detail = signal<Detail | null>(null);
  #look: Look | null = null;
  #timer = 0;

  /** `keys`: of these metrics only. */
  constructor(runId: string, keys?: readonly string[]) {
    this.#runId = runId;
    this.#keys = keys;
  }

  /** Replaces all curves with those up to now. */
  async load(): Promise<void> {
    const { series, times } = await service.metrics(this.#runId, { keys: this.#keys, points: POINTS, times: true });
    this.series.clear();
    for (const [key, column] of read(series)) this.series.set(key, column);
    if (times) Object.assign(this.times, times);
    this.#askAgain();
  }

  add({ steps, values, every, at }: MetricColumns & { at: string }): void {
    for (const [key, column] of Object.entries(values)) {
      if (this.#keys && !this.#keys.includes(key)) continue;
      const series = this.series.get(key) ?? new Series();
      this.series.set(key, series);
      series.append({ steps, values: column, every: isWindowMean(key) ? every : undefined });
    }
    this.#addTime(steps.at(-1), Date.parse(at));
  }

  /** Asks for what the screen shows now, unless the curves in memory have all of it. */
  look(look: Look): void {
    const isSame = JSON.stringify(look) === JSON.stringify(this.#look);
    this.#look = look;
    if (!isSame) this.#askAgain();
  }

  /** The run has gone on: the same look, up to now. */
  renew(): void {
    if (this.detail.value) this.#askAgain();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#look = null;
  }

  #askAgain(): void {
    clearTimeout(this.#timer);
    if (this.#look) this.#timer = window.setTimeout(() => void this.#ask(), REST_MS);
  }

  async #ask(): Promise<void> {
    const look = this.#look;
    if (!look) return;
    const { range, spacing, smoothing, smoothingRange } = look;
    const isWhole = [...this.series.values()].every((series) => series.isWhole);
    if (isWhole || (!range && spacing === 'even' && smoothing === 0)) {
      this.detail.value = null;
      return;
    }
    try {
      const { series } = await service.metrics(this.#runId, {
        keys: this.#keys,
        points: POINTS,
        spacing,
        ...(range && { fromStep: Math.max(0, Math.floor(range[0])), toStep: Math.max(0, Math.ceil(range[1])) }),
        ...(smoothing > 0 && { smoothing, smoothingRange: Math.max(1, smoothingRange) }),
      });
      if (this.#look !== look) return;
      this.detail.value = { look, series: read(series), smoothed: readSmoothed(series) };
    } catch {
      // The curves on screen are coarser, but correct.
    }
  }

  #addTime(step: number | undefined, at: number): void {
    const { steps, at: times } = this.times;
    if (step === undefined || Number.isNaN(at) || step <= (steps.at(-1) ?? -1)) return;
    steps.push(step);
    times.push(Math.max(at, times.at(-1) ?? at));
    if (steps.length <= MOST_TIMES) return;
    // Every second one goes: what is between two is interpolated.
    this.times.steps = steps.filter((_, i) => i % 2 === 1);
    this.times.at = times.filter((_, i) => i % 2 === 1);
  }
}

function read(answer: MetricsAnswer['series']): Map<string, Series> {
  return new Map(
    Object.entries(answer).map(([key, column]) => {
      const series = new Series();
      series.append(column);
      series.isWhole = column.of === undefined;
      return [key, series];
    }),
  );
}

function readSmoothed(answer: MetricsAnswer['series']): Map<string, Series> {
  return new Map(
    Object.entries(answer).flatMap(([key, { steps, smoothed, every }]) => {
      if (!smoothed) return [];
      const series = new Series();
      series.append({ steps, values: smoothed, every });
      return [[key, series] as const];
    }),
  );
}
