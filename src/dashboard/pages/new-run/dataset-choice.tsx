import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { DATASET_KINDS } from '../../../vocabulary/index.ts';
import { isRead, keyOf, matching, titleOf } from '../../data/dataset-links.ts';
import { datasets } from '../../data/dataset-list.ts';
import { FileButton, WindowDrop } from '../../parts/file-drop.tsx';
import { DATASET_KIND_LABELS } from '../../parts/labels.ts';
import { ChosenFiles, takeFiles } from '../../uploads/chosen-files.tsx';
import { uploads } from '../../uploads/sending.ts';
import { UploadCard } from '../../uploads/upload-card.tsx';
import { chooseDataset, chosenDataset, chosenName } from './chosen-dataset.ts';
import { draft } from './draft.ts';
import { faultAt } from './validation.ts';

/** Below this, a search would only be in the way. */
const FEW = 8;

/** One of the data sets that there are, or files of one's own, which are uploaded and then chosen. */
export function DatasetChoice() {
  const search = useSignal('');
  const all = datasets.value ?? [];
  const chosen = chosenDataset.value;
  const shown = matching(all, search.value);
  const fault = faultAt('dataset') ?? faultAt('dataset.name') ?? faultAt('dataset.id') ?? faultAt('dataset.version');
  const choose = (key: string) => {
    const next = all.find((one) => keyOf(one) === key);
    if (next) chooseDataset(next);
  };
  return (
    <>
      <div class="dataset-choice">
        {all.length > FEW && (
          <label class="field">
            <span class="label">Search data sets</span>
            <input
              class="input"
              type="search"
              dir="auto"
              placeholder="Name, task, description"
              value={search.value}
              onInput={(event) => {
                search.value = event.currentTarget.value;
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                // Enter takes the first one found, and does not start the run.
                event.preventDefault();
                const [first] = shown;
                if (first) chooseDataset(first);
              }}
            />
          </label>
        )}
        <label class="field">
          <span class="label">Data set</span>
          <select
            class="input"
            name="dataset.name"
            value={chosen ? keyOf(chosen) : chosenName.value}
            aria-invalid={fault !== undefined}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {(draft.value.dataset.inputs ?? draft.value.dataset.inline) !== undefined && (
              <option value="">inline data (see the JSON)</option>
            )}
            {chosen && !shown.includes(chosen) && <option value={keyOf(chosen)}>{titleOf(chosen)}</option>}
            {!chosen && chosenName.value && <option value={chosenName.value}>{chosenName.value}</option>}
            {DATASET_KINDS.toReversed().map((kind) => {
              const ofKind = shown.filter((one) => one.kind === kind);
              return (
                ofKind.length > 0 && (
                  <optgroup key={kind} label={DATASET_KIND_LABELS[kind]}>
                    {ofKind.map((one) => (
                      <option key={keyOf(one)} value={keyOf(one)} disabled={one.available === false}>
                        {titleOf(one)}
                        {one.available === false && ' (not available)'}
                        {!isRead(one) && ' (not read yet)'}
                      </option>
                    ))}
                  </optgroup>
                )
              );
            })}
          </select>
          {fault && (
            <span class="fault" role="alert">
              {fault}
            </span>
          )}
        </label>
        <FileButton label="Upload files" take={takeFiles} />
      </div>
      <Uploads />
    </>
  );
}

/** Uploads that were started here; each is chosen as soon as it is read. */
function Uploads() {
  const earlier = useRef(uploads.peek());
  const own = uploads.value.filter((upload) => !earlier.current.includes(upload));
  return (
    <>
      <WindowDrop purpose="Drop to upload and train on it" take={takeFiles} />
      <ChosenFiles />
      {own.map((upload) => (
        <UploadCard key={upload.key} upload={upload} choose={chooseDataset} />
      ))}
    </>
  );
}
