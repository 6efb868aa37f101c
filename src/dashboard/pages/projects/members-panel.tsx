import { useSignal } from '@preact/signals';
import { PROJECT_ROLES, type Member, type Project, type ProjectRole } from '../../../vocabulary/index.ts';
import { me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ROLE_HINTS, ROLE_LABELS } from '../../parts/labels.ts';
import { RoleSelect } from '../../parts/role-select.tsx';
import { Rows } from '../../parts/rows.tsx';
import { quoted } from '../../parts/short.ts';
import { Fault } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { attempt, toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { When } from '../../parts/when.tsx';

export function MembersPanel({ project, isAdmin }: { project: Project; isAdmin: boolean }) {
  const { value, fault, reload } = useLoaded(() => service.projects.members(project.id), [project.id]);
  return (
    <section class="panel" aria-labelledby="members-title">
      <div class="panel-head">
        <h2 id="members-title">Members</h2>
        <span class="quiet">
          {PROJECT_ROLES.map((role) => `${ROLE_LABELS[role]}: ${ROLE_HINTS[role]}`).join('; ')}.
        </span>
      </div>
      <div class="panel-body">
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value?.length === 0 && <p class="quiet">No members. Owners see every project.</p>}
        {value.value && value.value.length > 0 && (
          <Rows columns={['Name', 'Role', 'Since']} last="Actions">
            {value.value.map((member) => (
              <Row key={member.person.id} project={project} member={member} isAdmin={isAdmin} reload={reload} />
            ))}
          </Rows>
        )}
        {isAdmin && <AddForm project={project} reload={reload} />}
      </div>
    </section>
  );
}

interface RowProps {
  project: Project;
  member: Member;
  isAdmin: boolean;
  reload: () => Promise<void>;
}

function Row({ project, member: { person, role, createdAt }, isAdmin, reload }: RowProps) {
  const isSelf = person.id === me.value?.person?.id;
  const change = async (next: ProjectRole) => {
    await attempt(
      () => service.projects.setMember(project.id, { person: person.id, role: next }),
      `${person.name} is ${ROLE_LABELS[next]} now`,
    );
    await reload();
  };
  const remove = async () => {
    const ok = await confirm(
      isSelf ? 'Leave this project?' : 'Remove this member?',
      `${isSelf ? 'You see' : `${quoted(person.name)} sees`} nothing of ${quoted(project.name)} from now on; open streams end. What ${isSelf ? 'you' : 'they'} made stays.`,
      isSelf ? 'Leave project' : 'Remove member',
      isSelf ? 'Stay' : 'Keep member',
    );
    if (!ok) return;
    await attempt(() => service.projects.removeMember(project.id, person.id), 'Removed');
    await reload();
  };
  return (
    <tr>
      <th scope="row" dir="auto">
        {person.name}
        {isSelf && <span class="split">you</span>}
      </th>
      <td data-label="Role">
        {isAdmin ? (
          <RoleSelect label={`Role of ${person.name}`} value={role} change={(next) => void change(next)} />
        ) : (
          ROLE_LABELS[role]
        )}
      </td>
      <td data-label="Since">
        <When at={createdAt} />
      </td>
      <td class="do">
        {isAdmin && (
          <button type="button" class="button small" onClick={() => void remove()}>
            {isSelf ? 'Leave' : 'Remove'}
            <span class="sr"> {person.name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

/** Somebody who is registered already; others need a link. */
function AddForm({ project, reload }: { project: Project; reload: () => Promise<void> }) {
  const name = useSignal('');
  const role = useSignal<ProjectRole>('member');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const person = name.value.trim();
    if (!(await run(() => service.projects.setMember(project.id, { person, role: role.value })))) return;
    name.value = '';
    toast(`Added: ${quoted(person)}`);
    await reload();
  };
  return (
    <div class="stack">
      <form class="form-row" onSubmit={(event) => void submit(event)}>
        <TextField
          label="Add somebody who is registered"
          value={name}
          required
          maxLength={100}
          placeholder="Name"
          autocomplete="off"
        />
        <label class="field short">
          <span class="label">As</span>
          <RoleSelect value={role.value} change={(next) => (role.value = next)} />
        </label>
        <button class="button" disabled={isBusy.value}>
          Add member
        </button>
      </form>
      <FaultLine of={fault} />
    </div>
  );
}
