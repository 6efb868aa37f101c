/** The data set of the draft, as far as the service's list tells about it. */
import { computed, signal } from '@preact/signals';
import type { DatasetInfo, Task } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { defaultAt, draft, get } from './draft.ts';

export const datasets = signal<DatasetInfo[]>([]);

/** If the list cannot be fetched, the name chosen so far stays usable; validation says what is wrong. */
export async function loadDatasets(): Promise<void> {
  try {
    datasets.value = await service.datasets();
  } catch {
    // The select shows the chosen name alone.
  }
}

/** Its name or id; empty for inline data. */
export const chosenName = computed(() => draft.value.dataset.id ?? draft.value.dataset.name ?? '');
export const chosenDataset = computed(() => datasets.value.find((one) => (one.id ?? one.name) === chosenName.value));

const task = computed((): Task | undefined => chosenDataset.value?.task ?? draft.value.dataset.task);

/**
 * Whether a field that is for some tasks only is shown: while the task is not known, and where it is set, too, so that it
 * can be taken back.
 */
export function isOffered(path: string, ...tasks: Task[]): boolean {
  const isSet = (get(path) ?? null) !== null && get(path) !== defaultAt(path);
  return isSet || task.value === undefined || tasks.includes(task.value);
}
