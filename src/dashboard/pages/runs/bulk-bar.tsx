import { useSignal } from '@preact/signals';
import type { Run } from '../../../vocabulary/index.ts';
import { canDo, type Verb } from '../../data/actions.ts';
import { mayIn } from '../../data/me.ts';
import { changeAll, type BulkResult } from '../../data/bulk.ts';
import { drop, exportUrl, put } from '../../data/run-list.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { tagsIn } from '../../parts/edit-run.tsx';
import { count } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Popover } from '../../parts/popover.tsx';
import { toast } from '../../parts/toast.tsx';
import { navigate } from '../../router.ts';

/** More runs than this make no legible comparison. */
const MOST_COMPARED = 50;
/** So many ids fit into a filter of the service. */
const MOST_EXPORTED = 100;

interface Props {
  picked: ReadonlyMap<string, Run>;
  /** What is still selected afterwards. */
  keep: (runs: readonly Run[]) => void;
}

/** What can be done to all selected runs at once. */
export function BulkBar({ picked, keep }: Props) {
  const failed = useSignal<BulkResult['failed']>([]);
  const isBusy = useSignal(false);
  const runs = [...picked.values()];
  const changeable = runs.filter((run) => mayIn(run.project, 'member'));
  const cancellable = changeable.filter((run) => canDo(run.status, 'cancel'));
  const deletable = changeable.filter((run) => canDo(run.status, 'delete'));

  /** Runs that failed stay selected, and are named with the reason. */
  const carryOut = async (on: readonly Run[], done: string, task: (run: Run) => Promise<void>) => {
    isBusy.value = true;
    const result = await changeAll(on, task);
    isBusy.value = false;
    failed.value = result.failed;
    toast(
      result.failed.length === 0
        ? `${count(result.done, 'run')} ${done}`
        : `${count(result.done, 'run')} ${done}, ${result.failed.length} failed`,
    );
  };
  const order = async (verb: Verb & 'cancel') => {
    const ok = await confirm(
      `Cancel ${count(cancellable.length, 'run')}?`,
      'They stop at their current steps. Everything recorded so far is kept.',
      `Cancel ${count(cancellable.length, 'run')}`,
      'Keep training',
    );
    if (ok) await carryOut(cancellable, 'cancelled', async (run) => put(await service[verb](run.id)));
  };
  const remove = async () => {
    const ok = await confirm(
      `Delete ${count(deletable.length, 'run')}?`,
      'They and all of their data (curves, neuron activity, checkpoints) will be deleted for the whole team. This cannot be undone.',
      `Delete ${count(deletable.length, 'run')} permanently`,
      'Keep runs',
    );
    if (!ok) return;
    const gone = new Set<string>();
    await carryOut(deletable, 'deleted', async (run) => {
      await service.delete(run.id);
      gone.add(run.id);
      drop(run.id);
    });
    keep(runs.filter(({ id }) => !gone.has(id)));
  };
  const tag = (names: readonly string[], isAdded: boolean) =>
    carryOut(changeable, isAdded ? 'tagged' : 'untagged', async (run) => {
      const { tags } = await service.get(run.id);
      const others = tags.filter((one) => !names.includes(one));
      put(await service.patch(run.id, { tags: isAdded ? [...others, ...names] : others }));
    });

  return (
    <div class="bulk-bar" role="region" aria-label="Selected runs" aria-busy={isBusy.value}>
      <div class="row">
        <span class="num">{count(runs.length, 'run')} selected</span>
        <button type="button" class="button small" onClick={() => keep([])}>
          Clear
        </button>
        <button
          type="button"
          class="button small primary"
          disabled={runs.length < 2 || runs.length > MOST_COMPARED}
          title={runs.length > MOST_COMPARED ? `At most ${MOST_COMPARED} runs can be compared` : undefined}
          onClick={() => navigate(`/compare?runs=${runs.map(({ id }) => id).join(',')}`)}
        >
          Compare
        </button>
        <Popover
          class="button small"
          title="Tags of the selected runs"
          button="Tag"
          isDisabled={isBusy.value || changeable.length === 0}
        >
          {(close) => (
            <TagForm
              apply={(names, isAdded) => {
                close();
                void tag(names, isAdded);
              }}
            />
          )}
        </Popover>
        {runs.length <= MOST_EXPORTED && (
          <a
            class="button small"
            download="runs.csv"
            href={exportUrl({ filter: `id in (${runs.map(({ id }) => `"${id}"`).join(', ')})` }, 'csv')}
          >
            <Icon name="download" />
            CSV
          </a>
        )}
        <button
          type="button"
          class="button small"
          disabled={cancellable.length === 0 || isBusy.value}
          onClick={() => void order('cancel')}
        >
          Cancel {cancellable.length > 0 && cancellable.length}
        </button>
        <button
          type="button"
          class="button small danger"
          disabled={deletable.length === 0 || isBusy.value}
          onClick={() => void remove()}
        >
          Delete {deletable.length > 0 && deletable.length}
        </button>
      </div>
      {failed.value.length > 0 && (
        <div class="notice bad" role="alert">
          <b>{count(failed.value.length, 'run')} could not be changed:</b>
          <ul class="faults">
            {failed.value.map(({ run, reason }) => (
              <li key={run.id}>
                <span dir="auto">{run.name || run.id}</span>: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function TagForm({ apply }: { apply: (names: string[], isAdded: boolean) => void }) {
  const text = useSignal('');
  const names = tagsIn(text.value);
  return (
    <form
      class="edit-run"
      onSubmit={(event) => {
        event.preventDefault();
        if (names.length > 0) apply(names, true);
      }}
    >
      <label class="field">
        <span class="label">Tags, separated by commas</span>
        <input
          class="input"
          dir="auto"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <div class="row">
        <button type="button" class="button" disabled={names.length === 0} onClick={() => apply(names, false)}>
          Remove
        </button>
        <button class="button primary" disabled={names.length === 0}>
          Add
        </button>
      </div>
    </form>
  );
}
