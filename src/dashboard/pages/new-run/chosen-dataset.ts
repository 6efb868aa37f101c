/** The data set of the draft, as far as the service's list tells about it. */
import { computed, signal } from '@preact/signals';
import type { DatasetInfo, Task } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { draft } from './draft.ts';

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

/** Undefined while it is not known: then every field is offered that might apply. */
export const task = computed((): Task | undefined => chosenDataset.value?.task ?? draft.value.dataset.task);
