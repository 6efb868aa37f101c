import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { DEFAULT_PROJECT, type Project } from '../../../vocabulary/index.ts';
import { isOwner, isTeam, loadMe, mayIn } from '../../data/me.ts';
import { RelumineApiError, service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { quoted } from '../../parts/short.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { toast, toastFault } from '../../parts/toast.tsx';
import { UsagePanel } from '../../parts/usage-panel.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { navigate } from '../../router.ts';
import { InvitationsPanel } from './invitations-panel.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { LinksPanel } from './links-panel.tsx';
import { MembersPanel } from './members-panel.tsx';
import { RetentionPanel } from './retention-panel.tsx';
import { WebhooksPanel } from './webhooks-panel.tsx';
import '../../styles/team.css';

/** Members, links, webhooks and rules of one project. */
export function ProjectPage({ id }: { id: string }) {
  const { value, fault } = useLoaded(() => service.projects.get(id), [id]);
  const project = value.value;
  useEffect(() => {
    document.title = `${project?.name ?? 'Project'} · Relumine`;
  }, [project?.name]);
  if (fault.value instanceof RelumineApiError && fault.value.status === 404)
    return (
      <div class="page">
        <Empty title="Project not found">
          <p>It may have been deleted, or you are not a member of it.</p>
          <a class="button" href="/projects">
            All projects
          </a>
        </Empty>
      </div>
    );
  if (!project) return <div class="page">{fault.value !== null && <Fault of={fault.value} />}</div>;
  const isAdmin = mayIn(project.id, 'admin');
  const change = (changed: Project) => {
    value.value = changed;
  };
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1 dir="auto">{project.name}</h1>
        </div>
        <div class="row">
          <a class="button" href={`/?project=${encodeURIComponent(project.id)}`}>
            Runs
          </a>
          <a class="button" href={`/datasets?project=${encodeURIComponent(project.id)}`}>
            Data sets
          </a>
        </div>
      </div>
      <div class="sections">
        {isTeam.value && <MembersPanel project={project} isAdmin={isAdmin} />}
        {isTeam.value && isAdmin && <InvitationsPanel project={project} />}
        {isAdmin && <LinksPanel project={project} />}
        {isAdmin && <WebhooksPanel project={project} />}
        <UsagePanel title="What the project uses" load={() => service.projects.usage(project.id)} of={project.id} />
        {isAdmin && <RetentionPanel project={project} change={change} />}
        {isOwner.value && <LimitsPanel project={project} change={change} />}
        {isAdmin && <NamePanel project={project} change={change} />}
      </div>
    </div>
  );
}

function NamePanel({ project, change }: { project: Project; change: (project: Project) => void }) {
  const name = useSignal(project.name);
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const isDone = await run(async () => {
      change(await service.projects.patch(project.id, { name: name.value }));
      await loadMe();
    });
    if (isDone) toast('Renamed');
  };
  const remove = async () => {
    const ok = await confirm(
      'Delete this project?',
      `${quoted(project.name)} is deleted with all of its runs, data sets, views, links and webhooks, for everybody. This cannot be undone.`,
      'Delete permanently',
      'Keep project',
    );
    if (!ok) return;
    try {
      await service.projects.delete(project.id, { force: true });
      await loadMe();
      navigate('/projects');
    } catch (error) {
      toastFault(error);
    }
  };
  return (
    <section class="panel" aria-labelledby="name-title">
      <div class="panel-head">
        <h2 id="name-title">Name</h2>
      </div>
      <div class="panel-body">
        <form class="form-row" onSubmit={(event) => void submit(event)}>
          <TextField label="Name of the project" value={name} required maxLength={100} />
          <button class="button" disabled={isBusy.value}>
            Rename
          </button>
          {project.id !== DEFAULT_PROJECT && (
            <button type="button" class="button danger" onClick={() => void remove()}>
              Delete project
            </button>
          )}
        </form>
        <FaultLine of={fault} />
      </div>
    </section>
  );
}
