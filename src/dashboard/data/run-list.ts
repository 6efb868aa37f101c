/** One page of the team's runs, kept fresh. The filter is part of the address, so that a view can be shared. */
import { computed, effect, signal } from '@preact/signals';
import type { List, Run, RunStatus } from '../../vocabulary/index.ts';
import { address, navigate } from '../router.ts';
import { service } from './service.ts';
import { poll } from './poll.ts';
import { isFinal } from './vocabulary.ts';

const PAGE_SIZE = 50;
const BUSY_MS = 1500,
  CALM_MS = 5000,
  FAULT_MS = 2500;
const KEYS = ['q', 'status', 'experiment', 'tag', 'orderBy'] as const;
type Filter = Partial<Record<(typeof KEYS)[number], string>>;

export const filter = computed((): Filter =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const value = address.value.query.get(key);
      return value ? [[key, value]] : [];
    }),
  ),
);

export function setFilter(change: Filter): void {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...filter.value, ...change })) if (value) query.set(key, value);
  cursors.value = [];
  navigate(query.size ? `/?${query}` : '/', { replace: true });
}

/** Cursors of the pages passed so far; empty on the first page. */
const cursors = signal<string[]>([]);
export const list = signal<List<Run> | null>(null);
export const fault = signal<unknown>(null);
export const pageNumber = computed(() => cursors.value.length + 1);

export const nextPage = (): void => {
  if (list.value?.nextCursor) cursors.value = [...cursors.value, list.value.nextCursor];
};
export const previousPage = (): void => {
  cursors.value = cursors.value.slice(0, -1);
};

/** Shows a run that an action has changed without waiting for the next poll. */
export function put(run: Run): void {
  if (list.value) list.value = { ...list.value, data: list.value.data.map((old) => (old.id === run.id ? run : old)) };
}
export function drop(id: string): void {
  if (list.value) list.value = { ...list.value, data: list.value.data.filter((run) => run.id !== id) };
}

/** Keeps `list` fresh for the chosen filter and page; the returned function ends it. */
export function followRuns(): () => void {
  let running = new AbortController();
  const stop = effect(() => {
    const { status, ...others } = filter.value;
    const query = {
      ...others,
      ...(status ? { status: status as RunStatus } : {}),
      after: cursors.value.at(-1),
      limit: PAGE_SIZE,
    };
    running.abort();
    running = new AbortController();
    poll(async (signal) => {
      try {
        const page = await service.listPage(query);
        if (signal.aborted) return 0;
        list.value = page;
        fault.value = null;
        return page.data.every((run) => isFinal(run.status)) ? CALM_MS : BUSY_MS;
      } catch (error) {
        if (!signal.aborted) fault.value = error;
        return FAULT_MS;
      }
    }, running.signal);
  });
  return () => {
    stop();
    running.abort();
  };
}
