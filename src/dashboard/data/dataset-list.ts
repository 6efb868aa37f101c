/** Every data set that can be trained on, shared by the pages that list them. */
import { signal } from '@preact/signals';
import type { ListedDataset } from '../../vocabulary/index.ts';
import { poll } from './poll.ts';
import { shownProject } from './project.ts';
import { service } from './service.ts';

const CALM_MS = 5000,
  FAULT_MS = 2500;

/** Null until the service has answered for the first time. */
export const datasets = signal<readonly ListedDataset[] | null>(null);
export const fault = signal<unknown>(null);

export async function loadDatasets(): Promise<void> {
  try {
    const project = shownProject.peek();
    const listed = await service.datasets({ ...(project && { project }) });
    // Another project was chosen meanwhile.
    if (project !== shownProject.peek()) return;
    datasets.value = listed;
    fault.value = null;
  } catch (error) {
    fault.value = error;
  }
}

/** Keeps the list fresh; the returned function ends it. */
export function followDatasets(): () => void {
  const ended = new AbortController();
  poll(async () => {
    await loadDatasets();
    return fault.value === null ? CALM_MS : FAULT_MS;
  }, ended.signal);
  return () => ended.abort();
}
