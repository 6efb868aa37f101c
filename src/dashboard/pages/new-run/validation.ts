/**
 * Asks the server, shortly after the last change, whether the draft is valid, and how likely its neurons are to be born
 * dead.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import type { JobSpec, Risk } from '../../../vocabulary/index.ts';
import { AGAIN_MS, mayPass } from '../../data/again.ts';
import { delay, RelumineApiError, service } from '../../data/service.ts';
import { draft, normalPath } from './draft.ts';

const DELAY_MS = 250;

type Verdict =
  | { state: 'asking' }
  | { state: 'valid'; spec: JobSpec; risk: Risk | null }
  | { state: 'invalid'; message: string; faults: Map<string, string> }
  | { state: 'unreachable' };

export const verdict = signal<Verdict>({ state: 'asking' });
/** The draft that the verdict is about. */
const judged = signal<unknown>(null);
/** A verdict stays on screen until there is one about the changed draft. */
export const isStale = computed(() => verdict.value.state !== 'asking' && judged.value !== draft.value);

/** What the service says about the draft as it is now. */
export function judge(now: Verdict): void {
  batch(() => {
    verdict.value = now;
    judged.value = draft.value;
  });
}

export const faultAt = (path: string): string | undefined =>
  verdict.value.state === 'invalid' ? verdict.value.faults.get(path) : undefined;

/** Follows the draft until the returned function is called. */
export function followDraft(): () => void {
  verdict.value = { state: 'asking' };
  let running = new AbortController();
  const stop = effect(() => {
    const job = draft.value;
    running.abort();
    running = new AbortController();
    void ask(job, running.signal);
  });
  return () => {
    stop();
    running.abort();
  };
}

/** Until there is a verdict, or the signal aborts. */
async function ask(job: unknown, signal: AbortSignal): Promise<void> {
  for (let waitMs = DELAY_MS; ; waitMs = AGAIN_MS) {
    let now: Verdict;
    try {
      await delay(waitMs, signal);
      const { spec, risk } = await service.validate(job, { signal });
      now = { state: 'valid', spec, risk: risk ?? null };
    } catch (fault) {
      now = fault instanceof RelumineApiError && !mayPass(fault) ? refused(fault) : { state: 'unreachable' };
    }
    if (signal.aborted) return;
    judge(now);
    if (now.state !== 'unreachable') return;
  }
}

export function refused(fault: RelumineApiError): Verdict {
  const faults = new Map(
    fault.details.map((detail) => [
      normalPath(detail.path),
      detail.expected ? `${detail.message} (${detail.expected})` : detail.message,
    ]),
  );
  return { state: 'invalid', message: fault.message, faults };
}
