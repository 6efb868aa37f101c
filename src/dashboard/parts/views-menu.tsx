import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { View, ViewPage } from '../../vocabulary/index.ts';
import {
  changeView,
  defaultView,
  deleteView,
  loadViews,
  saveView,
  setDefaultView,
  views,
} from '../data/saved-views.ts';
import { isTeam, makingProjects } from '../data/me.ts';
import { shownProject } from '../data/project.ts';
import { shareToken } from '../data/service.ts';
import { address, navigate } from '../router.ts';
import { searchOf } from '../url-fields.ts';
import { confirm } from './confirm.tsx';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';
import { quoted } from './short.ts';
import { toast, toastFault } from './toast.tsx';

interface Props {
  page: ViewPage;
  /** Parameters that say what the page is of, not how it is shown; a view leaves them as they are. */
  own?: readonly string[];
  /** Whose views are listed, and where a new one is saved; undefined: all that one may see, and the default one. */
  project?: string | undefined;
}

/** Views that the team has saved of this page: opened, saved, renamed, deleted, and one's own default. */
export function ViewsMenu({ page, own = [], project = shownProject.value || undefined }: Props) {
  useEffect(() => {
    views.value = [];
    // Without the list, saving still works and says what is wrong.
    if (shareToken === null) void loadViews(page, project).catch(() => undefined);
  }, [page, project]);
  if (shareToken !== null) return null;
  const now = stateOf(address.value.query, own);
  const current = views.value.find(({ state }) => state === now);
  return (
    <Popover
      title="Saved views"
      button={
        <>
          <Icon name="bookmark" />
          <span class="view-name" dir="auto">
            {current?.name ?? 'Views'}
          </span>
        </>
      }
    >
      {(close) => (
        <div class="views">
          <h2>Saved views</h2>
          {views.value.length === 0 && <p class="faint">None yet. A saved view is for {whom()}.</p>}
          <ul>
            {views.value.map((view) => (
              <Entry key={view.id} view={view} own={own} now={now} close={close} />
            ))}
          </ul>
          {makingProjects.value?.length !== 0 && <SaveForm page={page} project={project} now={now} />}
        </div>
      )}
    </Popover>
  );
}

/** Who has a saved view. */
const whom = (): string => (isTeam.value ? 'all members of its project' : 'all who use this service');

/** What is shown, without the page of a list, which moves on. */
function stateOf(query: URLSearchParams, own: readonly string[]): string {
  const kept = [...query].filter(([key]) => !own.includes(key) && key !== 'page' && key !== 'after');
  return searchOf(new URLSearchParams(kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))).slice(1);
}

/** Shows the view on the page that is open. */
export function showView(
  { state }: Pick<View, 'state'>,
  own: readonly string[],
  options: { replace?: boolean } = {},
): void {
  const { path, query } = address.peek();
  const next = new URLSearchParams(state);
  for (const key of own) for (const value of query.getAll(key)) next.append(key, value);
  navigate(path + searchOf(next), { ...options, isSamePage: true });
}

function Entry({ view, own, now, close }: { view: View; own: readonly string[]; now: string; close: () => void }) {
  const isRenaming = useSignal(false);
  const isDefault = useSignal(defaultView(view.page) === view.id);
  const name = useSignal(view.name);
  const change = async (patch: { name?: string; state?: string }, done: string) => {
    try {
      await changeView(view.id, patch);
      toast(done);
    } catch (fault) {
      toastFault(fault);
    }
  };
  const remove = async () => {
    const ok = await confirm(
      'Delete this view?',
      `${quoted(view.name)} is deleted for ${whom()}. The runs that it shows stay.`,
      'Delete view',
      'Keep view',
    );
    if (ok) await deleteView(view.id).catch(toastFault);
  };
  if (isRenaming.value)
    return (
      <li>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            isRenaming.value = false;
            void change({ name: name.value }, 'Renamed');
          }}
        >
          <input
            class="input"
            dir="auto"
            aria-label="New name"
            required
            maxLength={100}
            value={name.value}
            ref={(input: HTMLInputElement | null) => input?.focus()}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
          <button class="button small">Rename</button>
        </form>
      </li>
    );
  return (
    <li>
      <button
        type="button"
        class="words"
        dir="auto"
        aria-current={view.state === now ? 'true' : undefined}
        onClick={() => {
          close();
          showView(view, own);
        }}
      >
        {view.name}
      </button>
      {view.page === 'runs' && (
        <button
          type="button"
          class="button plain small"
          aria-pressed={isDefault.value}
          title="Opens by itself in this browser"
          onClick={() => {
            isDefault.value = !isDefault.value;
            setDefaultView(view.page, isDefault.value ? view.id : null);
          }}
        >
          {isDefault.value ? 'Default ✓' : 'Default'}
        </button>
      )}
      {view.state !== now && (
        <button
          type="button"
          class="button plain small"
          aria-label={`Save what is shown now in ${view.name}`}
          onClick={() => void change({ state: now }, 'Saved')}
        >
          Update
        </button>
      )}
      <button
        type="button"
        class="button plain icon small"
        aria-label={`Rename ${view.name}`}
        onClick={() => (isRenaming.value = true)}
      >
        <Icon name="edit" />
      </button>
      <button
        type="button"
        class="button plain icon small"
        aria-label={`Delete ${view.name}`}
        onClick={() => void remove()}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

function SaveForm({ page, project, now }: { page: ViewPage; project: string | undefined; now: string }) {
  const name = useSignal('');
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        void saveView(page, name.value, now, project).then(() => {
          name.value = '';
          toast(`Saved for ${whom()}`);
        }, toastFault);
      }}
    >
      <input
        class="input"
        dir="auto"
        data-first
        aria-label="Name of the new view"
        placeholder="Save this view as"
        required
        maxLength={100}
        value={name.value}
        onInput={(event) => (name.value = event.currentTarget.value)}
      />
      <button class="button small">Save</button>
    </form>
  );
}
