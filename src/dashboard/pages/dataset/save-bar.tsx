import { useSignal, type Signal } from '@preact/signals';
import type { DatasetInfo } from '../../../vocabulary/index.ts';
import { RelumineApiError, service } from '../../data/service.ts';
import { count } from '../../parts/format.ts';
import { toast, toastFault } from '../../parts/toast.tsx';
import { changesIn, NO_CHANGES, patchOf, type Draft } from './recipe-draft.ts';

interface Props {
  info: DatasetInfo;
  /** How many have seen the version that is shown. */
  runs: number;
  draft: Signal<Draft>;
  saved: () => void;
}

/** Saves the collected changes as one, and says what becomes of the version that is shown. */
export function SaveBar({ info, runs, draft, saved }: Props) {
  const isBusy = useSignal(false);
  const faults = useSignal<{ of: Draft; message: string; lines: string[] } | null>(null);
  const { id } = info;
  const patch = patchOf(info, draft.value);
  if (!patch || id === undefined) return null;
  const save = async () => {
    isBusy.value = true;
    try {
      const changed = await service.updateDataset(id, patch);
      toast(changed.version === info.version ? 'Saved' : `Saved as version ${changed.version}`);
      draft.value = NO_CHANGES;
      saved();
    } catch (fault) {
      if (fault instanceof RelumineApiError && fault.status === 400)
        faults.value = {
          of: draft.value,
          message: fault.message,
          lines: fault.details.map(({ path, message, expected }) =>
            [`${path}: ${message}`, expected && `(${expected})`].filter(Boolean).join(' '),
          ),
        };
      else toastFault(fault);
    } finally {
      isBusy.value = false;
    }
  };
  // What was wrong with other changes says nothing about these.
  const refused = faults.value?.of === draft.value ? faults.value : null;
  return (
    <div class="save-bar" role="region" aria-label="Unsaved changes">
      {refused && (
        <div class="notice bad" role="alert">
          <b>{refused.message}</b>
          <ul class="faults">
            {refused.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="row">
        <span class="num">{count(changesIn(patch), 'change')}</span>
        <span class="quiet">{becomes(info, runs)}</span>
        <button
          type="button"
          class="button small"
          onClick={() => {
            draft.value = NO_CHANGES;
          }}
        >
          Discard
        </button>
        <button type="button" class="button small primary" disabled={isBusy.value} onClick={() => void save()}>
          Save
        </button>
      </div>
    </div>
  );
}

function becomes({ version = 1 }: DatasetInfo, runs: number): string {
  if (runs === 0) return `No run has used it: version ${version} changes.`;
  return `${count(runs, 'run')} used version ${version}: it stays, and version ${version + 1} is made.`;
}
