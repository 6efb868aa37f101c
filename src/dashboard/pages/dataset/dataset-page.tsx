import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo, DatasetPreview } from '../../../vocabulary/index.ts';
import { titleOf } from '../../data/dataset-links.ts';
import { RelumineApiError, service } from '../../data/service.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { address } from '../../router.ts';
import { ClassesTable } from './classes-table.tsx';
import { ColumnsTable } from './columns-table.tsx';
import { DatasetHead, mayChangeDataset } from './dataset-head.tsx';
import { PreviewPanel } from './preview-panel.tsx';
import { changeColumn, NO_CHANGES, type Draft } from './recipe-draft.ts';
import { RecipePanel } from './recipe-panel.tsx';
import { SaveBar } from './save-bar.tsx';
import './dataset.css';

/** So many rows, and pictures, are shown of a data set. */
const PREVIEW_ROWS = 20;

export function DatasetPage({ id }: { id: string }) {
  const info = useSignal<DatasetInfo | null>(null);
  /** Newest first; empty for a data set that has none. */
  const versions = useSignal<readonly DatasetInfo[]>([]);
  const preview = useSignal<DatasetPreview | null>(null);
  const fault = useSignal<unknown>(null);
  const draft = useSignal<Draft>(NO_CHANGES);
  const attempt = useSignal(0);
  const asked = Number(address.value.query.get('version')) || undefined;

  useEffect(() => {
    let isOver = false;
    fault.value = null;
    void (async () => {
      try {
        const found = await service.dataset(id, { version: asked });
        const all = found.version === undefined ? [] : await service.datasetVersions(id);
        if (isOver) return;
        info.value = found;
        versions.value = all;
        draft.value = NO_CHANGES;
        document.title = `${titleOf(found)} · Relumine`;
        // Built-in data sets have no table to look into.
        if (found.columns === undefined || found.id === undefined) return;
        const seen = await service.previewDataset(found.id, { rows: PREVIEW_ROWS, version: found.version });
        if (!isOver) preview.value = seen;
      } catch (error) {
        if (!isOver) fault.value = error;
      }
    })();
    return () => {
      isOver = true;
    };
  }, [id, asked, attempt.value]);

  const again = () => {
    attempt.value++;
  };
  if (fault.value instanceof RelumineApiError && fault.value.status === 404)
    return (
      <div class="page">
        <Empty title="Data set not found">
          <p>It may have been deleted, or the address may be incomplete.</p>
          <a class="button" href="/datasets">
            All data sets
          </a>
        </Empty>
      </div>
    );
  const shown = info.value;
  if (!shown)
    return (
      <div class="page">
        {fault.value === null ? (
          <div class="loading" role="status">
            <span>Opening the data set. Files of the machine are read now if nobody has used them before.</span>
          </div>
        ) : (
          <Fault of={fault.value} retry={again} />
        )}
      </div>
    );

  const { columns, warnings = [] } = shown;
  const rows = preview.value?.totalRows ?? shown.samples;
  const canChange = mayChangeDataset(shown) && preview.value !== null && shown.version === versions.value[0]?.version;
  return (
    <div class="page dataset">
      <DatasetHead info={shown} versions={versions.value} reading={preview.value?.reading ?? null} change={again} />
      <NoPreview of={fault.value} retry={again} />
      {warnings.length > 0 && (
        <ul class="warnings" aria-label="Warnings">
          {warnings.map(({ code, column, message }) => (
            <li key={`${code} ${column}`} class="notice ember">
              {column !== undefined && <b dir="auto">{column}: </b>}
              {message}
            </li>
          ))}
        </ul>
      )}
      {columns && (
        <>
          <RecipePanel info={shown} draft={draft} profiles={preview.value?.columns ?? null} canChange={canChange} />
          <ColumnsTable
            columns={columns}
            profiles={preview.value?.columns ?? null}
            rows={rows}
            draft={draft.value}
            change={
              canChange
                ? (name, change) => {
                    draft.value = changeColumn(draft.value, name, change);
                  }
                : null
            }
          />
        </>
      )}
      {preview.value && columns && <PreviewPanel columns={columns} preview={preview.value} />}
      {preview.value?.classes && <ClassesTable classes={preview.value.classes} />}
      <SaveBar info={shown} runs={versions.value[0]?.runs ?? 0} draft={draft} saved={again} />
    </div>
  );
}

/** Data sets of earlier releases can be trained on, and nothing more: that is no fault. */
function NoPreview({ of: fault, retry }: { of: unknown; retry: () => void }) {
  if (fault === null) return null;
  return fault instanceof RelumineApiError && fault.status === 409 ? (
    <div class="notice" role="status">
      {fault.message}
    </div>
  ) : (
    <Fault of={fault} retry={retry} />
  );
}
