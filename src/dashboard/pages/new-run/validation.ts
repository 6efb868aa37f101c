/**
 * Asks the server, shortly after the last change, whether the draft is valid, and how likely its neurons are to be born
 * dead.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import type { JobSpec, Risk } from '../../../vocabulary/index.ts';
import { RelumineApiError, service } from '../../data/service.ts';
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
  let running = new AbortController(),
    timer = 0;
  const stop = effect(() => {
    const job = draft.value;
    running.abort();
    clearTimeout(timer);
    const { signal: ended } = (running = new AbortController());
    timer = window.setTimeout(() => void ask(job, ended), DELAY_MS);
  });
  return () => {
    stop();
    running.abort();
    clearTimeout(timer);
  };
}

async function ask(job: unknown, ended: AbortSignal): Promise<void> {
  try {
    const { spec, risk } = await service.validate(job);
    if (ended.aborted) return;
    judge({ state: 'valid', spec, risk: risk ?? null });
  } catch (fault) {
    if (ended.aborted) return;
    judge(
      fault instanceof RelumineApiError && fault.status < 500 && fault.code !== 'UNREACHABLE'
        ? refused(fault)
        : { state: 'unreachable' },
    );
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
