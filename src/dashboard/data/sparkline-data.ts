/** Loss curves of list rows: few points, few requests at a time, kept for finished runs. */
import type { Run } from '../../vocabulary/index.ts';
import { service } from './service.ts';
import { isFinal } from './vocabulary.ts';

const POINTS = 60,
  AT_ONCE = 4,
  KEPT = 400,
  FRESH_MS = 4000;
interface Entry {
  values: number[];
  step: number;
  at: number;
}
const known = new Map<string, Entry>();
const waiting: (() => Promise<void>)[] = [];
let busy = 0;

/** The known curve, if any. A newer one is fetched where needed; `listener` is called when it arrives. */
export function lossCurve(run: Run, listener: (values: number[]) => void): number[] | null {
  const entry = known.get(run.id);
  const isFresh =
    entry && (entry.step === run.progress.step || (!isFinal(run.status) && performance.now() - entry.at < FRESH_MS));
  if (!isFresh && run.progress.step > 0) {
    waiting.push(async () => {
      const { series } = await service.metrics(run.id, { keys: ['loss'], points: POINTS });
      const values = (series['loss']?.values ?? []).filter((value): value is number => value !== null);
      if (known.size >= KEPT) known.delete(known.keys().next().value!);
      known.set(run.id, { values, step: run.progress.step, at: performance.now() });
      listener(values);
    });
    void work();
  }
  return entry?.values ?? null;
}

async function work(): Promise<void> {
  if (busy >= AT_ONCE) return;
  busy += 1;
  for (let task = waiting.pop(); task; task = waiting.pop()) {
    // If a curve cannot be fetched its cell stays empty; the list itself reports that the service is unreachable.
    await task().catch(() => undefined);
  }
  busy -= 1;
}
