import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ListedDataset } from '../../../vocabulary/index.ts';
import { matching } from '../../data/dataset-links.ts';
import { makingProjects } from '../../data/me.ts';
import { shownProject } from '../../data/project.ts';
import { datasets, fault, followDatasets } from '../../data/dataset-list.ts';
import { uploads } from '../../uploads/sending.ts';
import { FileButton, WindowDrop } from '../../parts/file-drop.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Fault } from '../../parts/states.tsx';
import { ChosenFiles, takeFiles } from '../../uploads/chosen-files.tsx';
import { UploadCard } from '../../uploads/upload-card.tsx';
import { DatasetTable } from './dataset-table.tsx';
import './datasets.css';

/** What to do is always in sight, for nobody guesses that a page takes files. */
const WHAT_CAN_BE_READ =
  'Drop files anywhere on this page: CSV, TSV, JSON Lines, Parquet, NPY, NPZ, IDX, or a zip or tar of images in one folder per class. They may be compressed with gzip.';

export function DatasetsPage() {
  useEffect(followDatasets, [shownProject.value]);
  useEffect(() => {
    document.title = 'Data sets · Relumine';
  }, []);
  const search = useSignal('');
  const mayUpload = makingProjects.value?.length !== 0;
  const all = datasets.value && ownFirst(datasets.value);
  const shown = all && matching(all, search.value);
  return (
    <div class="page">
      {mayUpload && <WindowDrop purpose="Drop to upload as a data set" take={takeFiles} />}
      <div class="page-head">
        <div>
          <h1>Data sets</h1>
          {mayUpload && <p class="quiet">{WHAT_CAN_BE_READ}</p>}
        </div>
        {mayUpload && <FileButton label="Upload files" isPrimary take={takeFiles} />}
      </div>
      <ChosenFiles />
      {uploads.value.map((upload) => (
        <UploadCard key={upload.key} upload={upload} />
      ))}
      {fault.value !== null && <Fault of={fault.value} />}
      {shown && (
        <>
          <div class="datasets-tools" role="search">
            <label class="search">
              <span class="sr">Search data sets</span>
              <Icon name="search" />
              <input
                class="input"
                type="search"
                dir="auto"
                placeholder="Name, task, description"
                value={search.value}
                onInput={(event) => {
                  search.value = event.currentTarget.value;
                }}
              />
            </label>
            <span class="faint num" role="status">
              {shown.length} of {all.length}
            </span>
          </div>
          <DatasetTable datasets={shown} />
        </>
      )}
    </div>
  );
}

/** What people came for is at the top. */
const ownFirst = (all: readonly ListedDataset[]): ListedDataset[] => [
  ...all.filter(({ kind }) => kind === 'uploaded'),
  ...all.filter(({ kind }) => kind !== 'uploaded'),
];
