/** An answer of GET /v1/runs/{id}/metrics with series of any length, as JSON that is written as it is read. */
import type { LongSeries } from '../store/store.ts';
import type { MetricsAnswer } from '../vocabulary/index.ts';

export async function* seriesJson(
  series: readonly LongSeries[],
  { runId, times }: Pick<MetricsAnswer, 'runId' | 'times'>,
): AsyncGenerator<string> {
  yield `{"object":"metrics","runId":${JSON.stringify(runId)},"series":{`;
  for (const [i, { key, every, points, smoothed }] of series.entries()) {
    yield `${i === 0 ? '' : ','}${JSON.stringify(key)}:{"steps":[`;
    yield* listOf(points(), ({ steps }) => steps);
    yield '],"values":[';
    yield* listOf(points(), ({ values }) => values);
    if (smoothed) {
      yield '],"smoothed":[';
      yield* listOf(smoothed(), (curve) => curve);
    }
    yield `]${every === null ? '' : `,"every":${every}`}}`;
  }
  yield `}${times ? `,"times":${JSON.stringify(times)}` : ''}}`;
}

/** The numbers of all batches, with commas between them. */
async function* listOf<Batch>(
  batches: AsyncIterable<Batch>,
  numbersOf: (batch: Batch) => readonly (number | null)[],
): AsyncGenerator<string> {
  let comma = '';
  for await (const batch of batches) {
    const numbers = numbersOf(batch);
    if (numbers.length === 0) continue;
    yield comma + numbers.map((number) => number ?? 'null').join(',');
    comma = ',';
  }
}
