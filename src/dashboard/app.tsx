import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ConfirmDialog } from './parts/confirm.tsx';
import { Empty } from './parts/states.tsx';
import { Icon } from './parts/icons.tsx';
import { Toast } from './parts/toast.tsx';
import { ComparePage, DatasetPage, DatasetsPage, NewRunPage, RunPage, RunsPage } from './pages.ts';
import { address, route, type Route } from './router.ts';
import { isDark, toggleTheme } from './theme.ts';

export function App() {
  const shown = route.value;
  const main = useRef<HTMLElement>(null);
  const key = 'id' in shown ? `${shown.page} ${shown.id}` : shown.page;
  // After a navigation the keyboard focus starts at the top of the new page, not on a link that is gone.
  const first = useRef(true);
  useLayoutEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [key]);
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

function TopBar({ page }: { page: Route['page'] }) {
  const current = (name: Route['page']) => (page === name ? 'page' : undefined);
  return (
    <header class="bar">
      <div class="bar-inner">
        <a class="brand" href="/" aria-label="Relumine, all runs">
          <img src="/relumine.svg" width="22" height="22" alt="" />
          <span>relumine</span>
        </a>
        <nav aria-label="Main">
          <a href="/" aria-current={current('runs')}>
            Runs
          </a>
          <a href="/datasets" aria-current={page === 'datasets' || page === 'dataset' ? 'page' : undefined}>
            Data sets
          </a>
          <a href="/new" aria-current={current('new')}>
            New run
          </a>
          <a class="docs" href="/docs">
            API
          </a>
        </nav>
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
