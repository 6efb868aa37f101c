import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { AUDIT_ACTIONS, type AuditAction, type AuditEntry, type AuditQuery } from '../../../vocabulary/index.ts';
import { me, projectName } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { Icon } from '../../parts/icons.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Fault } from '../../parts/states.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { textField } from '../../url-fields.ts';
import { urlState } from '../../url-state.ts';
import '../../styles/team.css';

const PAGE_SIZE = 50;
const view = urlState({
  project: textField('project'),
  person: textField('person'),
  action: textField('action'),
  objectId: textField('object'),
  from: textField('from'),
  to: textField('to'),
  after: textField('after'),
});
type Filters = Omit<typeof view.value, 'after'>;

/** Who did what: for owners everything, for the admins of a project what happened there. */
export function AuditPage() {
  useEffect(() => {
    document.title = 'Audit log · Relumine';
  }, []);
  const { after, ...filters } = view.value;
  const query = queryOf(filters);
  const { value, fault } = useLoaded(
    () => service.audit.list({ ...query, limit: PAGE_SIZE, ...(after && { after }) }),
    [JSON.stringify(query), after],
  );
  const page = value.value;
  const set = (change: Partial<Filters>) => view.set({ ...change, after: '' }, { replace: true });
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Audit log</h1>
          <p class="quiet">Who did what to what, from where, and what it was before and after.</p>
        </div>
        {(['csv', 'jsonl'] as const).map((format) => (
          <a key={format} class="button" href={exportUrl(query, format)} download={`audit.${format}`}>
            <Icon name="download" />
            {format === 'csv' ? 'CSV' : 'JSON Lines'}
          </a>
        ))}
      </div>
      <div class="sections">
        <FilterForm filters={filters} set={set} />
        {fault.value !== null && <Fault of={fault.value} />}
        {page?.data.length === 0 && <p class="quiet">No entry matches.</p>}
        {page && page.data.length > 0 && (
          <section class="panel" aria-label="Entries">
            <div class="panel-body">
              <Rows columns={['When', 'Who', 'Did', 'To', 'Project', 'From']}>
                {page.data.map((entry) => (
                  <Row key={entry.id} entry={entry} />
                ))}
              </Rows>
            </div>
          </section>
        )}
        <nav class="row" aria-label="Pages">
          {after !== '' && (
            <button type="button" class="button small" onClick={() => view.set({ after: '' })}>
              Newest entries
            </button>
          )}
          {page?.hasMore && page.nextCursor !== null && (
            <button type="button" class="button small" onClick={() => view.set({ after: page.nextCursor ?? '' })}>
              Older entries
            </button>
          )}
        </nav>
      </div>
    </div>
  );
}

function FilterForm({ filters, set }: { filters: Filters; set: (change: Partial<Filters>) => void }) {
  const text = (label: string, key: 'person' | 'objectId', placeholder: string) => (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="input"
        dir="auto"
        placeholder={placeholder}
        value={filters[key]}
        onChange={(event) => set({ [key]: event.currentTarget.value.trim() })}
      />
    </label>
  );
  const date = (label: string, key: 'from' | 'to') => (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="input"
        type="date"
        value={filters[key]}
        onChange={(event) => set({ [key]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <div class="filters" role="search" aria-label="Entries">
      {text('Person', 'person', 'Name')}
      <label class="field">
        <span class="label">Action</span>
        <select class="input" value={filters.action} onChange={(event) => set({ action: event.currentTarget.value })}>
          <option value="">any</option>
          {AUDIT_ACTIONS.map((action) => (
            <option key={action} value={action}>
              {action}
            </option>
          ))}
        </select>
      </label>
      {text('Thing', 'objectId', 'run_…')}
      <label class="field">
        <span class="label">Project</span>
        <select class="input" value={filters.project} onChange={(event) => set({ project: event.currentTarget.value })}>
          <option value="">any</option>
          {me.value?.projects.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {date('From', 'from')}
      {date('To', 'to')}
    </div>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const isOpen = useSignal(false);
  const hasStates = entry.before !== null || entry.after !== null;
  return (
    <tr>
      <td data-label="When">
        <time dateTime={entry.at} title={entry.at}>
          {new Date(entry.at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium', hour12: false })}
        </time>
      </td>
      <th scope="row" dir="auto">
        {entry.person?.name ?? (entry.via === 'command' ? 'command line' : 'nobody signed in')}
        {entry.via === 'key' && <span class="split">by key {entry.keyId}</span>}
      </th>
      <td data-label="Did" class="whole">
        {entry.action}
        {hasStates && (
          <details
            class="disclosure"
            open={isOpen.value}
            onToggle={(event) => (isOpen.value = event.currentTarget.open)}
          >
            <summary>
              What changed
              <span class="sr">
                {' '}
                by {entry.action} of {entry.objectId}
              </span>
            </summary>
            {isOpen.value && (
              <div>
                {entry.before !== null && <State title="Before" state={entry.before} />}
                {entry.after !== null && <State title="After" state={entry.after} />}
              </div>
            )}
          </details>
        )}
      </td>
      <td data-label="To">
        <Thing entry={entry} />
      </td>
      <td data-label="Project">{entry.project === null ? '–' : projectName(entry.project)}</td>
      <td data-label="From">{entry.address ?? '–'}</td>
    </tr>
  );
}

const State = ({ title, state }: { title: string; state: unknown }) => (
  <div>
    <span class="split">{title}</span>
    <pre class="values">{JSON.stringify(state, null, 2)}</pre>
  </div>
);

const FOLDERS: Partial<Record<string, string>> = { run: 'runs', dataset: 'datasets', project: 'projects' };

function Thing({ entry: { action, objectType, objectId } }: { entry: AuditEntry }) {
  const folder = FOLDERS[objectType];
  const id = <code>{objectId}</code>;
  return folder !== undefined && !action.endsWith('.deleted') ? (
    <a class="text" href={`/${folder}/${encodeURIComponent(objectId)}`}>
      {id}
    </a>
  ) : (
    id
  );
}

const DAY_MS = 24 * 3600 * 1000;

/** What the service is asked. Days are those of the reader; the last one is included. */
function queryOf({ project, person, action, objectId, from, to }: Filters): Omit<AuditQuery, 'after' | 'limit'> {
  const first = Date.parse(`${from}T00:00:00`),
    last = Date.parse(`${to}T00:00:00`);
  return {
    ...(project && { project }),
    ...(person && { person }),
    ...(isAction(action) && { action }),
    ...(objectId && { objectId }),
    ...(Number.isFinite(first) && { from: new Date(first).toISOString() }),
    ...(Number.isFinite(last) && { to: new Date(last + DAY_MS).toISOString() }),
  };
}

const isAction = (text: string): text is AuditAction => AUDIT_ACTIONS.some((known) => known === text);

const exportUrl = (query: Omit<AuditQuery, 'after' | 'limit'>, format: 'csv' | 'jsonl'): string =>
  `/v1/audit?${new URLSearchParams({ ...(query as Record<string, string>), format })}`;
