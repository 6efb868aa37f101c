import { useSignal } from '@preact/signals';
import type { Invitation, Project, ProjectRole } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { RoleSelect } from '../../parts/role-select.tsx';
import { ROLE_LABELS } from '../../parts/labels.ts';
import { Rows } from '../../parts/rows.tsx';
import { Secret } from '../../parts/secret.tsx';
import { Fault } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { Until } from '../../parts/when.tsx';

/** Links with which people register. Of a project; `project` null: for new owners, and into no project. */
export function InvitationsPanel({ project }: { project: Project | null }) {
  const { value, fault, reload } = useLoaded(() => service.invitations.list(project?.id), [project?.id]);
  const made = useSignal('');
  const open = value.value?.filter((one) => one.usedAt === null && (project !== null || one.project === null)) ?? [];
  const revoke = async (invitation: Invitation) => {
    await attempt(() => service.invitations.revoke(invitation.id), 'Revoked');
    await reload();
  };
  return (
    <section class="panel" aria-labelledby="invitations-title">
      <div class="panel-head">
        <h2 id="invitations-title">Invitations</h2>
        <span class="quiet">A link with which one person registers. It works once.</span>
      </div>
      <div class="panel-body">
        {made.value && <Secret title="The invitation." text={made.value} close={() => (made.value = '')} />}
        <InviteForm
          project={project}
          done={(url) => {
            made.value = url;
            void reload();
          }}
        />
        {fault.value !== null && <Fault of={fault.value} />}
        {open.length > 0 && (
          <Rows columns={['For', 'As', 'By', 'Expires']} last="Actions">
            {open.map((invitation) => (
              <tr key={invitation.id}>
                <th scope="row">{invitation.email ?? 'whoever has the link'}</th>
                <td data-label="As">
                  {invitation.asOwner ? 'owner' : invitation.role ? ROLE_LABELS[invitation.role] : 'no project'}
                </td>
                <td data-label="By">{invitation.createdBy?.name ?? '–'}</td>
                <td data-label="Expires">
                  <Until at={invitation.expiresAt} />
                </td>
                <td class="do">
                  <button type="button" class="button small" onClick={() => void revoke(invitation)}>
                    Revoke<span class="sr"> the invitation for {invitation.email ?? 'whoever has the link'}</span>
                  </button>
                </td>
              </tr>
            ))}
          </Rows>
        )}
      </div>
    </section>
  );
}

function InviteForm({ project, done }: { project: Project | null; done: (url: string) => void }) {
  const email = useSignal('');
  const role = useSignal<ProjectRole>('member');
  const asOwner = useSignal(false);
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      const { url } = await service.invitations.create({
        ...(email.value.trim() !== '' && { email: email.value.trim() }),
        ...(project ? { project: project.id, role: role.value } : { asOwner: asOwner.value }),
      });
      email.value = '';
      done(url);
    });
  };
  return (
    <div class="stack">
      <form class="form-row" onSubmit={(event) => void submit(event)}>
        <TextField
          label="E-mail, if the link is for one address"
          type="email"
          value={email}
          maxLength={200}
          autocomplete="off"
        />
        {project ? (
          <label class="field short">
            <span class="label">As</span>
            <RoleSelect value={role.value} change={(next) => (role.value = next)} />
          </label>
        ) : (
          <label class="field short">
            <span class="label">As</span>
            <select
              class="input"
              value={asOwner.value ? 'owner' : ''}
              onChange={(event) => (asOwner.value = event.currentTarget.value === 'owner')}
            >
              <option value="">no project yet</option>
              <option value="owner">owner</option>
            </select>
          </label>
        )}
        <button class="button" disabled={isBusy.value}>
          Make link
        </button>
      </form>
      <FaultLine of={fault} />
    </div>
  );
}
