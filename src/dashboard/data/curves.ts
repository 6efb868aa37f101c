/** A run's metrics as curves: the whole run in bounded memory, and a zoomed range with as many points. */
import { signal } from '@preact/signals';
import { isWindowMean, type MetricColumns, type MetricsAnswer } from '../../vocabulary/index.ts';
import { Series } from './series.ts';
import { service } from './service.ts';

const POINTS = 1200;

export class Curves {
  readonly #runId: string;
  readonly series = new Map<string, Series>();
  /** The curves of the zoomed range; null where there is none, or its points have not arrived. */
  readonly detail = signal<Map<string, Series> | null>(null);
  #range: readonly [from: number, to: number] | null = null;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** Replaces all curves with those up to now. */
  async load(): Promise<void> {
    const { series } = await service.metrics(this.#runId, { points: POINTS });
    this.series.clear();
    for (const [key, column] of readColumns(series)) this.series.set(key, column);
  }

  add({ steps, values, every }: MetricColumns): void {
    for (const [key, column] of Object.entries(values)) {
      const series = this.series.get(key) ?? new Series();
      this.series.set(key, series);
      series.append({ steps, values: column, every: isWindowMean(key) ? every : undefined });
    }
  }

  /** Null goes back to the whole run. */
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
      // The curves on screen are coarser, but correct.
    }
  }
}

function readColumns(answer: MetricsAnswer['series']): Map<string, Series> {
  return new Map(
    Object.entries(answer).map(([key, column]) => {
      const series = new Series();
      series.append(column);
      return [key, series];
    }),
  );
}
