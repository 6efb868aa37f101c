/** A run's metrics as curves: the whole time in bounded memory, and a shorter range with as many points again. */
import { signal } from '@preact/signals';
import type { MetricColumns, MetricsAnswer } from '../../schemas/index.ts';
import { Series } from './series.ts';
import { service } from './service.ts';

const POINTS = 1200;

export class Curves {
  readonly #runId: string;
  readonly series = new Map<string, Series>();
  /** Of the range that is looked at closely; null where that is the whole, or its points are not here yet. */
  readonly detail = signal<Map<string, Series> | null>(null);
  #range: readonly [from: number, to: number] | null = null;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** Everything up to now, in place of what was known. */
  async load(): Promise<void> {
    const { series } = await service.metrics(this.#runId, { points: POINTS });
    this.series.clear();
    for (const [key, column] of readColumns(series)) this.series.set(key, column);
  }

  add({ steps, values }: MetricColumns): void {
    for (const [key, column] of Object.entries(values)) {
      const series = this.series.get(key) ?? new Series();
      this.series.set(key, series);
      for (const [i, step] of steps.entries()) series.push(step, column[i] ?? null);
    }
  }

  /** Null looks at the whole again. */
  async lookCloser(range: readonly [from: number, to: number] | null): Promise<void> {
    this.#range = range;
    this.detail.value = null;
    if (!range) return;
    const [from, to] = range;
    try {
      const { series } = await service.metrics(this.#runId, {
        points: POINTS,
        fromStep: Math.max(0, Math.floor(from)),
        toStep: Math.ceil(to),
      });
      if (this.#range === range) this.detail.value = readColumns(series);
    } catch {
      // The curves on screen are coarser, but true.
    }
  }
}

function readColumns(answer: MetricsAnswer['series']): Map<string, Series> {
  return new Map(
    Object.entries(answer).map(([key, { steps, values }]) => {
      const series = new Series();
      for (const [i, step] of steps.entries()) series.push(step, values[i] ?? null);
      return [key, series];
    }),
  );
}
