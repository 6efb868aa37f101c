import { useMemo } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import { lazily } from '../../parts/lazily.tsx';
import { Icon } from '../../parts/icons.tsx';
import { copy } from '../../parts/copy.ts';

const Markdown = lazily(() => import('../../parts/markdown.tsx').then((file) => file.Markdown));

/** Inline data would fill the page: only its size is shown. */
const short = (key: string, value: unknown) =>
  (key === 'inputs' || key === 'targets' || key === 'kernels') && Array.isArray(value) ? `${value.length} rows` : value;

/** The page of the data set in the version that the run saw; null for data that came with the job. */
function seenDataset({ spec }: Run): string | null {
  const { id, name, version } = spec.dataset;
  const key = id ?? name;
  if (key === undefined) return null;
  return `/datasets/${encodeURIComponent(key)}${version === undefined ? '' : `?version=${version}`}`;
}

export function SpecPanel({ run }: { run: Run }) {
  // A run's spec never changes.
  const text = useMemo(() => JSON.stringify(run.spec, short, 2), [run.id]);
  const dataset = seenDataset(run);
  return (
    <section class="panel" aria-label="Job">
      <div class="panel-head">
        <h2>Job</h2>
        <span class="faint mono">{run.id}</span>
        {dataset !== null && (
          <a class="text" href={dataset}>
            Data set
          </a>
        )}
        <button
          type="button"
          class="button plain small push"
          onClick={() => void copy(JSON.stringify(run.spec, null, 2), 'Job copied')}
        >
          <Icon name="copy" />
          Copy
        </button>
      </div>
      {run.notes && (
        <div class="panel-body notes">
          <Markdown text={run.notes} />
        </div>
      )}
      <pre class="spec" tabIndex={0} aria-label="The complete job as JSON">
        {text}
      </pre>
    </section>
  );
}
