import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isOwner, loadMe, me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { ROLE_HINTS, ROLE_LABELS } from '../../parts/labels.ts';
import { Rows } from '../../parts/rows.tsx';
import { Empty } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { useAction } from '../../parts/use-action.ts';
import { navigate } from '../../router.ts';
import '../../styles/team.css';

/** The projects that one may see. */
export function ProjectsPage() {
  useEffect(() => {
    document.title = 'Projects · Relumine';
    // A colleague may have made one.
    void loadMe().catch(() => undefined);
  }, []);
  const projects = me.value?.projects ?? [];
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Projects</h1>
          <p class="quiet">Runs, data sets and views belong to a project, and only its members see them.</p>
        </div>
      </div>
      <div class="sections">
        {projects.length > 0 && (
          <section class="panel" aria-label="Projects">
            <div class="panel-body">
              <Rows columns={['Name', 'You are']} last="Lists">
                {projects.map(({ id, name, role }) => (
                  <tr key={id}>
                    <th scope="row">
                      <a dir="auto" href={`/projects/${encodeURIComponent(id)}`}>
                        {name}
                      </a>
                    </th>
                    <td data-label="You are" title={ROLE_HINTS[role]}>
                      {isOwner.value ? 'owner' : ROLE_LABELS[role]}
                    </td>
                    <td class="do">
                      <a class="button small" href={`/?project=${encodeURIComponent(id)}`}>
                        Runs<span class="sr"> of {name}</span>
                      </a>
                    </td>
                  </tr>
                ))}
              </Rows>
            </div>
          </section>
        )}
        {me.value && projects.length === 0 && (
          <Empty title="No project yet">
            <p>An admin of a project can add you, or send you a link.</p>
          </Empty>
        )}
        {isOwner.value && <NewProject />}
      </div>
    </div>
  );
}

function NewProject() {
  const name = useSignal('');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      const { id } = await service.projects.create({ name: name.value });
      await loadMe();
      navigate(`/projects/${encodeURIComponent(id)}`);
    });
  };
  return (
    <section class="panel" aria-label="New project">
      <div class="panel-body">
        <form class="form-row" onSubmit={(event) => void submit(event)}>
          <TextField label="Name of a new project" value={name} required maxLength={100} />
          <button class="button" disabled={isBusy.value}>
            Make project
          </button>
        </form>
        <FaultLine of={fault} />
      </div>
    </section>
  );
}
