/**
 * The pages, each in a file of its own with its styles. Those that everybody uses are fetched while the browser is idle.
 */
import { lazily } from './parts/lazily.tsx';

export const RunsPage = lazily(() => import('./pages/runs/runs-page.tsx').then((file) => file.RunsPage));
export const NewRunPage = lazily(() => import('./pages/new-run/new-run-page.tsx').then((file) => file.NewRunPage));
export const RunPage = lazily(() => import('./pages/run/run-page.tsx').then((file) => file.RunPage));
export const ComparePage = lazily(() => import('./pages/compare/compare-page.tsx').then((file) => file.ComparePage));
export const DatasetsPage = lazily(() =>
  import('./pages/datasets/datasets-page.tsx').then((file) => file.DatasetsPage),
);
export const DatasetPage = lazily(() => import('./pages/dataset/dataset-page.tsx').then((file) => file.DatasetPage));

/** Of a team. */
export const SignInPage = lazily(() => import('./pages/sign-in/sign-in-page.tsx').then((file) => file.SignInPage));
export const InvitationPage = lazily(() =>
  import('./pages/sign-in/invitation-page.tsx').then((file) => file.InvitationPage),
);
export const AccountPage = lazily(() => import('./pages/account/account-page.tsx').then((file) => file.AccountPage));
export const ProjectsPage = lazily(() =>
  import('./pages/projects/projects-page.tsx').then((file) => file.ProjectsPage),
);
export const ProjectPage = lazily(() => import('./pages/projects/project-page.tsx').then((file) => file.ProjectPage));
export const PeoplePage = lazily(() => import('./pages/people/people-page.tsx').then((file) => file.PeoplePage));
export const AuditPage = lazily(() => import('./pages/audit/audit-page.tsx').then((file) => file.AuditPage));
export const SharedPage = lazily(() => import('./pages/shared/shared-page.tsx').then((file) => file.SharedPage));

/** Later pages then open at once, and also while the service does not respond. */
export function fetchPagesWhenIdle(): void {
  const whenIdle = globalThis.requestIdleCallback ?? ((task: () => void) => setTimeout(task, 2000));
  whenIdle(() => {
    for (const page of [RunPage, NewRunPage, RunsPage, ComparePage, DatasetsPage, DatasetPage]) void page.fetch();
  });
}
