/** The pages, each in a file of its own with its styles. All are fetched while the browser is idle. */
import { lazily } from './parts/lazily.tsx';

export const RunsPage = lazily(() => import('./pages/runs/runs-page.tsx').then((file) => file.RunsPage));
export const NewRunPage = lazily(() => import('./pages/new-run/new-run-page.tsx').then((file) => file.NewRunPage));
export const RunPage = lazily(() => import('./pages/run/run-page.tsx').then((file) => file.RunPage));
export const ComparePage = lazily(() => import('./pages/compare/compare-page.tsx').then((file) => file.ComparePage));
export const DatasetsPage = lazily(() =>
  import('./pages/datasets/datasets-page.tsx').then((file) => file.DatasetsPage),
);
export const DatasetPage = lazily(() => import('./pages/dataset/dataset-page.tsx').then((file) => file.DatasetPage));

/** Later pages then open at once, and also while the service does not respond. */
export function fetchPagesWhenIdle(): void {
  const whenIdle = globalThis.requestIdleCallback ?? ((task: () => void) => setTimeout(task, 2000));
  whenIdle(() => {
    for (const page of [RunPage, NewRunPage, RunsPage, ComparePage, DatasetsPage, DatasetPage]) void page.fetch();
  });
}
