import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo } from '../../vocabulary/index.ts';
import { datasetPath, newRunPath, titleOf } from '../data/dataset-links.ts';
import { loadDatasets } from '../data/dataset-list.ts';
import { dismiss, startUpload, type FileUpload, type UploadFault, type UploadState } from './sending.ts';
import { bytes, count, duration, whole } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { TASK_LABELS } from '../parts/labels.ts';
import { Meter } from '../parts/meter.tsx';
import { damageLine } from './damage.ts';
import { ReadingForm } from './reading-form.tsx';
import './uploads.css';

interface Props {
  upload: FileUpload;
  /** What a page does with the data set, besides showing its own address. */
  choose?: ((dataset: DatasetInfo) => void) | undefined;
}

/** One upload from its first byte to the data set, or to what is wrong with the file. */
export function UploadCard({ upload, choose }: Props) {
  const state = upload.state.value;
  const title = upload.files.map((file) => file.name).join(', ');
  useEffect(() => {
    if (state.is !== 'read') return;
    void loadDatasets();
    choose?.(state.dataset);
  }, [state.is]);
  return (
    <section class="panel upload" aria-label={`Upload of ${title}`}>
      <div class="upload-head">
        <b dir="auto">{title}</b>
        <EndButton upload={upload} is={state.is} />
      </div>
      <Progress state={state} />
      {state.is === 'read' && <Read upload={upload} dataset={state.dataset} />}
      {state.is === 'refused' && <Refused upload={upload} fault={state.fault} />}
    </section>
  );
}

function EndButton({ upload, is }: { upload: FileUpload; is: UploadState['is'] }) {
  return is === 'sending' || is === 'reading' ? (
    <button type="button" class="button small" onClick={upload.cancel}>
      Cancel
    </button>
  ) : (
    <button type="button" class="button small plain icon" aria-label="Close" onClick={() => dismiss(upload)}>
      <Icon name="close" />
    </button>
  );
}

function Progress({ state }: { state: UploadState }) {
  if (state.is === 'sending') {
    const { sentBytes, totalBytes, bytesPerSecond } = state;
    return (
      <>
        <Meter share={totalBytes > 0 ? sentBytes / totalBytes : 0} />
        <span class="quiet num">
          {bytes(sentBytes)} of {bytes(totalBytes)} sent
          {bytesPerSecond
            ? `, ${bytes(bytesPerSecond)}/s, ${duration(((totalBytes - sentBytes) / bytesPerSecond) * 1000)} left`
            : ''}
        </span>
      </>
    );
  }
  // Said once by screen readers; the figures above change too often for that.
  return (
    <span class="quiet" role="status">
      {state.is === 'reading' && (
        <>
          <i class="working" aria-hidden="true" /> Sent. The service is reading it…
        </>
      )}
    </span>
  );
}

function Read({ upload, dataset }: { upload: FileUpload; dataset: DatasetInfo }) {
  const warnings = dataset.warnings?.length ?? 0;
  return (
    <>
      <p>
        {count(dataset.samples, 'sample')}, {count(dataset.features, 'feature')}, {count(dataset.outputs, 'output')},{' '}
        {TASK_LABELS[dataset.task].toLowerCase()}.{' '}
        {warnings > 0 && <b>{count(warnings, 'warning')}: look at the columns before you train.</b>}
      </p>
      <div class="row">
        <a class="button primary" href={datasetPath(dataset)}>
          Look at {titleOf(dataset)}
        </a>
        <a class="button" href={newRunPath(dataset)}>
          New run with it
        </a>
      </div>
      <ReadAgain upload={upload} replaces={dataset} />
    </>
  );
}

/** So many lines of damage say enough. */
const MOST_LINES = 8;

function Refused({ upload, fault }: { upload: FileUpload; fault: UploadFault }) {
  const lines = fault.damage.map(damageLine).filter((line) => line !== fault.message);
  return (
    <>
      <div class="notice bad" role="alert">
        <b>{fault.message}</b>
        {lines.length > 0 && (
          <ul class="faults">
            {lines.slice(0, MOST_LINES).map((line) => (
              <li key={line}>{line}</li>
            ))}
            {lines.length > MOST_LINES && <li>and {whole(lines.length - MOST_LINES)} more</li>}
          </ul>
        )}
      </div>
      <ReadAgain upload={upload} replaces={null} />
    </>
  );
}

/** The browser still has the file, so it can be read with other options; the new reading replaces the first one. */
function ReadAgain({ upload, replaces }: { upload: FileUpload; replaces: DatasetInfo | null }) {
  const isOpen = useSignal(false);
  return (
    <details
      class="disclosure"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>Read it in another way</summary>
      {isOpen.value && (
        <ReadingForm
          upload={upload}
          dataset={replaces}
          send={(options) => {
            dismiss(upload);
            startUpload(upload.files, options, replaces);
          }}
        />
      )}
    </details>
  );
}
