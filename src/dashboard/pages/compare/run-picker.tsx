import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import { service } from '../../data/service.ts';
import { ago } from '../../parts/format.ts';
import { Status } from '../../parts/status.tsx';
import { toastFault } from '../../parts/toast.tsx';
import { compareView } from './compare-view.ts';

const FOUND = 8,
  REST_MS = 200;

/** Searches the team's runs, and adds one to the comparison. */
export function RunPicker() {
  const { runs } = compareView.value;
  const text = useSignal('');
  const isOpen = useSignal(false);
  const found = useSignal<Run[] | null>(null);
  useEffect(() => {
    if (!isOpen.value) return;
    let isGone = false;
    const timer = setTimeout(() => {
      // Those that are here already are among the answers.
      service.listPage({ q: text.value || undefined, limit: Math.min(100, FOUND + runs.length) }).then(
        ({ data }) => {
          if (!isGone) found.value = data.filter(({ id }) => !runs.includes(id)).slice(0, FOUND);
        },
        (fault: unknown) => !isGone && toastFault(fault),
      );
    }, REST_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [text.value, isOpen.value, runs.join()]);
  return (
    <div
      class="run-picker"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) isOpen.value = false;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') isOpen.value = false;
      }}
    >
      <input
        class="input"
        type="search"
        placeholder="Add a run: name, tag or setting"
        aria-label="Search runs to add"
        value={text.value}
        onFocus={() => (isOpen.value = true)}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          isOpen.value = true;
        }}
      />
      {isOpen.value && (
        <div class="found" role="group" aria-label="Runs to add">
          {found.value?.map((run) => (
            <button key={run.id} type="button" onClick={() => compareView.set({ runs: [...runs, run.id] })}>
              <bdi>{title(run)}</bdi>
              <Status of={run.status} />
              <span class="faint">{ago(run.createdAt)}</span>
            </button>
          ))}
          {found.value?.length === 0 && <p class="faint">No other run is found.</p>}
        </div>
      )}
    </div>
  );
}
