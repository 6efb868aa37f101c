import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fault, filter, followRuns, list, nextPage, pageNumber, previousPage, setFilter } from '../../data/run-list.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, Fault } from '../../parts/states.tsx';
import { navigate } from '../../router.ts';
import { RunTable } from './run-table.tsx';
import { RunTools } from './run-tools.tsx';
import '../../styles/runs.css';

/** More curves than this cannot be told apart on one chart. */
const MOST_COMPARED = 8;

export function RunsPage() {
  useEffect(followRuns, []);
  useEffect(() => {
    document.title = 'Runs · Relumine';
  }, []);
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const page = list.value;
  const isFiltered = Object.keys(filter.value).some((key) => key !== 'orderBy');

  const pick = (id: string) => {
    const next = new Set(picked.value);
    if (!next.delete(id) && next.size < MOST_COMPARED) next.add(id);
    picked.value = next;
  };

  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Runs</h1>
        </div>
        <a class="button primary" href="/new">
          <Icon name="plus" />
          New run
        </a>
      </div>
      <RunTools />
      {fault.value !== null && <Fault of={fault.value} />}
      {page && page.data.length > 0 && (
        <div class="panel runs-panel">
          <RunTable runs={page.data} picked={picked.value} pick={pick} />
          {(page.hasMore || pageNumber.value > 1) && (
            <nav class="pager" aria-label="Pages">
              <button type="button" class="button small" onClick={previousPage} disabled={pageNumber.value === 1}>
                Previous
              </button>
              <span class="num">Page {pageNumber}</span>
              <button type="button" class="button small" onClick={nextPage} disabled={!page.hasMore}>
                Next
              </button>
            </nav>
          )}
        </div>
      )}
      {page?.data.length === 0 &&
        (isFiltered ? (
          <Empty title="No runs match these filters">
            <button
              type="button"
              class="button"
              onClick={() => setFilter({ q: '', status: '', experiment: '', tag: '' })}
            >
              Show all runs
            </button>
          </Empty>
        ) : (
          <Empty title="No runs yet">
            <p>
              Start a training run and watch its neurons here. A deep, narrow ReLU network makes a good first run: most
              of these networks die before they learn anything.
            </p>
            <a class="button primary" href="/new">
              Start the first run
            </a>
          </Empty>
        ))}
      {picked.value.size > 0 && (
        <div class="compare-bar" role="region" aria-label="Comparison">
          <span class="num">
            {picked.value.size} selected, {MOST_COMPARED} at most
          </span>
          <button
            type="button"
            class="button small"
            onClick={() => {
              picked.value = new Set();
            }}
          >
            Clear
          </button>
          <button
            type="button"
            class="button small primary"
            disabled={picked.value.size < 2}
            onClick={() => navigate(`/compare?runs=${[...picked.value].join(',')}`)}
          >
            Compare
          </button>
        </div>
      )}
    </div>
  );
}
