import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import {
  fault,
  followRuns,
  hasWayBack,
  isFiltered,
  isOrderOld,
  list,
  listView,
  nextPage,
  pageNumber,
  previousPage,
  showAll,
} from '../../data/run-list.ts';
import { makingProjects } from '../../data/me.ts';
import { inProject } from '../../data/project.ts';
import { defaultView, loadViews, setDefaultView, views } from '../../data/saved-views.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, Fault } from '../../parts/states.tsx';
import { showView } from '../../parts/views-menu.tsx';
import { address } from '../../router.ts';
import { BulkBar } from './bulk-bar.tsx';
import { GroupsTable } from './groups-table.tsx';
import { RunTable } from './run-table.tsx';
import { RunTools } from './run-tools.tsx';
import '../../styles/runs.css';

export function RunsPage() {
  useEffect(openDefaultView, []);
  useEffect(followRuns, []);
  useEffect(() => {
    document.title = 'Runs · Relumine';
  }, []);
  /** On this page and on others, as they were when they were selected. */
  const picked = useSignal<ReadonlyMap<string, Run>>(new Map());
  const page = list.value;
  const { group } = listView.value;

  const pick = (runs: readonly Run[], isPicked: boolean) => {
    const next = new Map(picked.value);
    for (const run of runs)
      if (isPicked) next.set(run.id, run);
      else next.delete(run.id);
    picked.value = next;
  };
  /** The selected runs as they are now. */
  const current = new Map(
    [...picked.value].map(([id, run]) => [id, page?.data.find((shown) => shown.id === id) ?? run]),
  );

  return (
    <div class="page wide">
      <div class="page-head">
        <div>
          <h1>Runs</h1>
        </div>
        {makingProjects.value?.length !== 0 && (
          <a class="button primary" href={inProject('/new')}>
            <Icon name="plus" />
            New run
          </a>
        )}
      </div>
      <RunTools />
      {group && <GroupsTable path={group} />}
      {!group && fault.value !== null && <Fault of={fault.value} />}
      {!group && page && page.data.length > 0 && (
        <div class="panel runs-panel">
          <RunTable runs={page.data} picked={current} pick={pick} />
          {isOrderOld.value && (
            <p class="held faint" role="status">
              Runs came, went or moved. The list follows as soon as you leave it.
            </p>
          )}
          {(page.hasMore || pageNumber.value > 1) && (
            <nav class="pager" aria-label="Pages">
              <button type="button" class="button small" onClick={previousPage} disabled={pageNumber.value === 1}>
                {pageNumber.value === 1 || hasWayBack.value ? 'Previous' : 'First page'}
              </button>
              <span class="num">Page {pageNumber}</span>
              <button type="button" class="button small" onClick={nextPage} disabled={!page.hasMore}>
                Next
              </button>
            </nav>
          )}
        </div>
      )}
      {!group &&
        page?.data.length === 0 &&
        (isFiltered.value ? (
          <Empty title="No runs match these filters">
            <button type="button" class="button" onClick={showAll}>
              Show all runs
            </button>
          </Empty>
        ) : (
          <Empty title="No runs yet">
            <p>
              Start a training run and watch its neurons here. A deep, narrow ReLU network makes a good first run: most
              of these networks die before they learn anything.
            </p>
            {makingProjects.value?.length !== 0 && (
              <a class="button primary" href={inProject('/new')}>
                Start the first run
              </a>
            )}
          </Empty>
        ))}
      {current.size > 0 && (
        <BulkBar
          picked={current}
          keep={(runs) => {
            picked.value = new Map(runs.map((run) => [run.id, run]));
          }}
        />
      )}
    </div>
  );
}

/** An address that says nothing shows one's own default view, if there is one. */
function openDefaultView(): void {
  const id = defaultView('runs');
  if (id === null || address.peek().query.size > 0) return;
  void loadViews('runs').then(
    () => {
      const view = views.value.find((one) => one.id === id);
      const { path, query } = address.peek();
      if (view && path === '/' && query.size === 0) showView(view, [], { replace: true });
      // Somebody has deleted it.
      if (!view) setDefaultView('runs', null);
    },
    () => undefined,
  );
}
