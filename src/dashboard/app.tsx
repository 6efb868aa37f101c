import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ConfirmDialog } from './parts/confirm.tsx';
import { Empty } from './parts/states.tsx';
import { Icon } from './parts/icons.tsx';
import { Toast } from './parts/toast.tsx';
import { isTeam, makingProjects, startMe } from './data/me.ts';
import { inProject } from './data/project.ts';
import {
  AccountPage,
  AuditPage,
  ComparePage,
  DatasetPage,
  DatasetsPage,
  InvitationPage,
  NewRunPage,
  PeoplePage,
  ProjectPage,
  ProjectsPage,
  RunPage,
  RunsPage,
  SharedPage,
  SignInPage,
} from './pages.ts';
import { AccountMenu } from './parts/account-menu.tsx';
import { ProjectSwitcher } from './parts/project-switcher.tsx';
import { address, route, type Route } from './router.ts';
import { isDark, toggleTheme } from './theme.ts';

export function App() {
  const shown = route.value;
  useEffect(startMe, []);
  const main = useRef<HTMLElement>(null);
  const key = 'id' in shown ? `${shown.page} ${shown.id}` : shown.page;
  // After a navigation the keyboard focus starts at the top of the new page, not on a link that is gone.
  const first = useRef(true);
  useLayoutEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [key]);
  if (shown.page === 'embed') return <SharedPage isEmbedded />;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <TopBar page={shown.page} />
      <main id="main" ref={main} tabIndex={-1}>
        <Page key={key} route={shown} />
      </main>
      <ConfirmDialog />
      <Toast />
    </>
  );
}

/** Where nobody is known, and on the page of a share link, there is nowhere to go. */
const WITHOUT_PAGES: readonly Route['page'][] = ['signIn', 'invitation', 'shared'];
/** Lists of one project or of all. */
const OF_PROJECT: readonly Route['page'][] = ['runs', 'datasets'];

function TopBar({ page }: { page: Route['page'] }) {
  const current = (name: Route['page']) => (page === name ? 'page' : undefined);
  const hasPages = !WITHOUT_PAGES.includes(page);
  return (
    <header class="bar">
      <div class="bar-inner">
        <a class="brand" href={inProject('/')} aria-label="Relumine, all runs">
          <img src="/relumine.svg" width="22" height="22" alt="" />
          <span>relumine</span>
        </a>
        <nav aria-label="Main">
          {hasPages && (
            <>
              <a href={inProject('/')} aria-current={current('runs')}>
                Runs
              </a>
              <a
                href={inProject('/datasets')}
                aria-current={page === 'datasets' || page === 'dataset' ? 'page' : undefined}
              >
                Data sets
              </a>
              {makingProjects.value?.length !== 0 && (
                <a href={inProject('/new')} aria-current={current('new')}>
                  New run
                </a>
              )}
              <a class="docs" href="/docs">
                API
              </a>
            </>
          )}
        </nav>
        {OF_PROJECT.includes(page) && <ProjectSwitcher />}
        {hasPages && isTeam.value && <AccountMenu />}
        <button
          type="button"
          class="button plain icon"
          onClick={toggleTheme}
          aria-label={isDark.value ? 'Use the light theme' : 'Use the dark theme'}
        >
          <Icon name={isDark.value ? 'sun' : 'moon'} />
        </button>
      </div>
    </header>
  );
}

function Page({ route: shown }: { route: Route }) {
  switch (shown.page) {
    case 'runs':
      return <RunsPage />;
    case 'new':
      return <NewRunPage />;
    case 'run':
      return <RunPage id={shown.id} />;
    case 'compare':
      return <ComparePage />;
    case 'datasets':
      return <DatasetsPage />;
    case 'dataset':
      return <DatasetPage id={shown.id} />;
    case 'signIn':
      return <SignInPage />;
    case 'invitation':
      return <InvitationPage />;
    case 'account':
      return <AccountPage />;
    case 'projects':
      return <ProjectsPage />;
    case 'project':
      return <ProjectPage id={shown.id} />;
    case 'people':
      return <PeoplePage />;
    case 'audit':
      return <AuditPage />;
    case 'shared':
    case 'embed':
      return <SharedPage isEmbedded={shown.page === 'embed'} />;
    case 'missing':
      return <MissingPage />;
  }
}

function MissingPage() {
  useEffect(() => {
    document.title = 'Page not found · Relumine';
  }, []);
  return (
    <div class="page">
      <Empty title="Page not found">
        <p>
          There is no page at <code>{address.value.path}</code>. The address may be mistyped.
        </p>
        <a class="button" href="/">
          All runs
        </a>
      </Empty>
    </div>
  );
}
