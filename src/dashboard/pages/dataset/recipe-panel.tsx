import type { Signal } from '@preact/signals';
import { TASKS, type ColumnProfile, type DatasetInfo } from '../../../vocabulary/index.ts';
import { TASK_LABELS } from '../../parts/labels.ts';
import { asChanged, chooseTarget, type Draft } from './recipe-draft.ts';
import { SplitFields } from './split-fields.tsx';

interface Props {
  info: DatasetInfo;
  draft: Signal<Draft>;
  profiles: readonly ColumnProfile[] | null;
  canChange: boolean;
}

/** What is predicted, from what, and which rows are held out. */
export function RecipePanel({ info, draft, profiles, canChange }: Props) {
  const columns = (info.columns ?? []).map((column) => asChanged(column, draft.value));
  const targets = columns.filter(({ role }) => role === 'target');
  const task = draft.value.task ?? info.task;
  return (
    <section class="panel" aria-label="Task and split">
      <div class="panel-head">
        <h2>Task and split</h2>
        {canChange && <span class="quiet">guessed from the data; nothing is saved before you say so</span>}
      </div>
      <div class="panel-body grid recipe">
        <label class="field">
          <span class="label">Name</span>
          <input
            class="input"
            dir="auto"
            maxLength={200}
            value={draft.value.name ?? info.name ?? ''}
            disabled={!canChange}
            onInput={(event) => {
              draft.value = { ...draft.value, name: event.currentTarget.value };
            }}
          />
        </label>
        <label class="field">
          <span class="label">Task</span>
          <select
            class="input"
            value={task}
            disabled={!canChange}
            onChange={(event) => {
              const chosen = TASKS.find((one) => one === event.currentTarget.value);
              if (chosen) draft.value = { ...draft.value, task: chosen };
            }}
          >
            {TASKS.map((one) => (
              <option key={one} value={one}>
                {TASK_LABELS[one]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="label">{targets.length > 1 ? 'Targets' : 'Target'}</span>
          <select
            class="input"
            value={targets.length === 1 ? targets[0]!.name : ''}
            disabled={!canChange}
            onChange={(event) => {
              const { value } = event.currentTarget;
              if (value) draft.value = chooseTarget(draft.value, info.columns ?? [], value);
            }}
          >
            {targets.length !== 1 && (
              <option value="">{targets.length === 0 ? 'none' : targets.map(({ name }) => name).join(', ')}</option>
            )}
            {columns.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <span class="field-hint">Several: set their roles in the table of columns</span>
        </label>
        <SplitFields
          info={info}
          columns={columns}
          profiles={profiles}
          split={draft.value.split ?? info.split ?? { by: 'share' }}
          change={
            canChange
              ? (split) => {
                  draft.value = { ...draft.value, split };
                }
              : null
          }
        />
      </div>
    </section>
  );
}
