import type { Run } from '../../../vocabulary/index.ts';
import { act, canDo, remove, title, type Verb } from '../../data/actions.ts';
import { mayIn } from '../../data/me.ts';
import { drop, put } from '../../data/run-list.ts';
import { Icon } from '../../parts/icons.tsx';
import { EditRun } from '../../parts/edit-run.tsx';

const VERBS: { verb: Verb; word: string; icon: 'pause' | 'play' | 'stop' }[] = [
  { verb: 'pause', word: 'Pause', icon: 'pause' },
  { verb: 'resume', word: 'Resume', icon: 'play' },
  { verb: 'cancel', word: 'Cancel', icon: 'stop' },
];

export function RowActions({ run }: { run: Run }) {
  const order = (verb: Verb) =>
    void act(run, verb).then((changed) => {
      if (changed) put(changed);
    });
  if (!mayIn(run.project, 'member')) return null;
  return (
    <div class="actions">
      <EditRun run={run} class="button plain icon small" change={put} />
      {VERBS.filter(({ verb }) => canDo(run.status, verb)).map(({ verb, word, icon }) => (
        <button
          key={verb}
          type="button"
          class="button plain icon small"
          aria-label={`${word} ${title(run)}`}
          onClick={() => order(verb)}
        >
          <Icon name={icon} />
        </button>
      ))}
      {canDo(run.status, 'delete') && (
        <button
          type="button"
          class="button plain icon small"
          aria-label={`Delete ${title(run)}`}
          onClick={() =>
            void remove(run).then((gone) => {
              if (gone) drop(run.id);
            })
          }
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}
