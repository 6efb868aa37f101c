/** One page of the team's runs, kept fresh. What is shown of them is part of the address, so that it can be shared. */
import { computed, effect, signal } from '@preact/signals';
import type { List, Run } from '../../vocabulary/index.ts';
import { choiceField, listField, textField, wholeField } from '../url-fields.ts';
import { urlState } from '../url-state.ts';
import { poll } from './poll.ts';
import { shownProject } from './project.ts';
import { service } from './service.ts';
import { isFinal } from './vocabulary.ts';

const PAGE_SIZE = 50;
const BUSY_MS = 1500,
  CALM_MS = 5000,
  FAULT_MS = 2500;

/** Around the mean of a group: from the least to the greatest value, or one standard deviation to each side. */
export const BANDS = ['range', 'deviation'] as const;
export type Band = (typeof BANDS)[number];

export const listView = urlState({
  q: textField('q'),
  status: textField('status'),
  experiment: textField('experiment'),
  tag: textField('tag'),
  /** `me`, or the id of a person. */
  createdBy: textField('createdBy'),
  filter: textField('filter'),
  orderBy: textField('orderBy'),
  /** Ids of columns; empty: the usual ones. */
  columns: listField('columns'),
  /** `id:pixels` of columns with a width of their own. */
  widths: listField('widths'),
  /** The field by whose values the runs are grouped. */
  group: textField('group'),
  band: choiceField('band', BANDS, 'range'),
  page: wholeField('page', 2),
  after: textField('after'),
});
type ListView = typeof listView.value;
const FILTERS = ['q', 'status', 'experiment', 'tag', 'createdBy', 'filter'] as const;
type Selection = Pick<ListView, (typeof FILTERS)[number]>;

/** Which runs are shown or sorted how: from the first page on. */
export function setList(change: Partial<Selection & Pick<ListView, 'orderBy' | 'group' | 'band'>>): void {
  listView.set({ ...change, page: null, after: '' }, { replace: true });
}
export const isFiltered = computed(() => FILTERS.some((key) => listView.value[key] !== ''));
export const showAll = (): void => setList({ q: '', status: '', experiment: '', tag: '', createdBy: '', filter: '' });

/** The parameters of the service's list, without those that are not set. */
export const selection = computed((): Record<string, string> => {
  const view = listView.value;
  const project = shownProject.value;
  return {
    ...(project && { project }),
    ...Object.fromEntries(FILTERS.flatMap((key) => (view[key] === '' ? [] : [[key, view[key]]]))),
  };
});

export const list = signal<List<Run> | null>(null);
export const fault = signal<unknown>(null);

export const pageNumber = computed(() => listView.value.page ?? 1);
/** The cursor of the page before, by the cursor of a page that was reached from it. */
const cursorBefore = new Map<string, string>();

export function nextPage(): void {
  const after = list.value?.nextCursor;
  if (!after) return;
  cursorBefore.set(after, listView.value.after);
  listView.set({ after, page: pageNumber.value + 1 });
}
/** From a page that was opened by its address there is only the way to the first one. */
export function previousPage(): void {
  const before = cursorBefore.get(listView.value.after);
  listView.set(before ? { after: before, page: pageNumber.value - 1 } : { after: '', page: null });
}
export const hasWayBack = computed(() => cursorBefore.has(listView.value.after) || pageNumber.value === 2);

/**
 * While a hand is on the table its rows stay where they are: values change in place, and what came or went waits.
 */
export const isHeld = signal(false);
const fresh = signal<List<Run> | null>(null);
export const isOrderOld = computed(
  () => isHeld.value && fresh.value !== null && idsOf(fresh.value) !== idsOf(list.value),
);
const idsOf = (page: List<Run> | null) => page?.data.map(({ id }) => id).join() ?? '';

effect(() => {
  if (!isHeld.value && fresh.value) list.value = fresh.value;
});

function receive(page: List<Run>, isSameView: boolean): void {
  fresh.value = page;
  const shown = list.peek();
  if (!isHeld.peek() || !isSameView || !shown) {
    list.value = page;
    return;
  }
  const byId = new Map(page.data.map((run) => [run.id, run]));
  list.value = { ...shown, data: shown.data.map((run) => byId.get(run.id) ?? run) };
}

/** Shows a run that an action has changed without waiting for the next poll. */
export function put(run: Run): void {
  change((data) => data.map((old) => (old.id === run.id ? run : old)));
}
export function drop(id: string): void {
  change((data) => data.filter((run) => run.id !== id));
}
function change(data: (runs: Run[]) => Run[]): void {
  for (const page of [list, fresh]) if (page.value) page.value = { ...page.value, data: data(page.value.data) };
}

const query = computed(() => {
  const { orderBy, after } = listView.value;
  return JSON.stringify({ ...selection.value, ...(orderBy && { orderBy }), ...(after && { after }), limit: PAGE_SIZE });
});

/** Keeps `list` fresh for the chosen runs and page; the returned function ends it. */
export function followRuns(): () => void {
  let running = new AbortController();
  const stop = effect(() => {
    const wanted = JSON.parse(query.value) as Parameters<typeof service.listPage>[0];
    let isSameView = false;
    running.abort();
    running = new AbortController();
    poll(async (ended) => {
      try {
        const page = await service.listPage(wanted);
        if (ended.aborted) return 0;
        receive(page, isSameView);
        isSameView = true;
        fault.value = null;
        return page.data.every((run) => isFinal(run.status)) ? CALM_MS : BUSY_MS;
      } catch (error) {
        if (!ended.aborted) fault.value = error;
        return FAULT_MS;
      }
    }, running.signal);
  });
  return () => {
    stop();
    running.abort();
  };
}

/** Where the browser downloads the chosen runs. */
export const exportUrl = (chosen: Readonly<Record<string, string>>, format: 'csv' | 'jsonl'): string =>
  `/v1/runs?${new URLSearchParams({ ...chosen, format })}`;
