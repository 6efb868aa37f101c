import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Person, PersonPatch } from '../../../vocabulary/index.ts';
import { me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Popover } from '../../parts/popover.tsx';
import { Rows } from '../../parts/rows.tsx';
import { Secret } from '../../parts/secret.tsx';
import { quoted } from '../../parts/short.ts';
import { Fault } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { When } from '../../parts/when.tsx';
import { KeyForm } from '../account/key-form.tsx';
import { InvitationsPanel } from '../projects/invitations-panel.tsx';
import '../../styles/team.css';

/** Everybody who is registered, for owners. */
export function PeoplePage() {
  const { value, fault, reload } = useLoaded(() => service.people.list());
  const made = useSignal('');
  useEffect(() => {
    document.title = 'People · Relumine';
  }, []);
  const accounts = value.value?.filter(({ isService }) => isService) ?? [];
  const people = value.value?.filter(({ isService }) => !isService) ?? [];
  const madeKey = (key: string) => {
    made.value = key;
  };
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>People</h1>
          <p class="quiet">Everybody who may sign in, and accounts of programs. Roles are given in each project.</p>
        </div>
      </div>
      <div class="sections">
        {fault.value !== null && <Fault of={fault.value} />}
        {people.length > 0 && (
          <section class="panel" aria-labelledby="people-title">
            <div class="panel-head">
              <h2 id="people-title">People</h2>
            </div>
            <div class="panel-body">
              <PeopleTable people={people} reload={reload} madeKey={madeKey} />
            </div>
          </section>
        )}
        <InvitationsPanel project={null} />
        <section class="panel" aria-labelledby="services-title">
          <div class="panel-head">
            <h2 id="services-title">Service accounts</h2>
            <span class="quiet">
              For programs that belong to nobody in particular. They have keys and no password, and join projects like
              people.
            </span>
          </div>
          <div class="panel-body">
            {made.value && <Secret title="The new key." text={made.value} close={() => (made.value = '')} />}
            {accounts.length > 0 && <PeopleTable people={accounts} reload={reload} madeKey={madeKey} />}
            <NewAccount reload={reload} />
          </div>
        </section>
      </div>
    </div>
  );
}

interface TableProps {
  people: readonly Person[];
  reload: () => Promise<void>;
  madeKey: (key: string) => void;
}

const PeopleTable = ({ people, reload, madeKey }: TableProps) => (
  <Rows columns={['Name', 'May', 'Registered']} last="Actions">
    {people.map((person) => (
      <Row key={person.id} person={person} reload={reload} madeKey={madeKey} />
    ))}
  </Rows>
);

function Row({ person, reload, madeKey }: Omit<TableProps, 'people'> & { person: Person }) {
  const isSelf = person.id === me.value?.person?.id;
  const isOff = person.disabledAt !== null;
  const act = async (task: () => Promise<unknown>, done: string) => {
    await attempt(task, done);
    await reload();
  };
  const patch = (change: PersonPatch, done: string) => void act(() => service.people.patch(person.id, change), done);
  const disable = async () => {
    const ok = await confirm(
      'Disable this account?',
      `${quoted(person.name)} is signed out everywhere, and its keys are refused. You can enable it again.`,
      'Disable account',
      'Keep account',
    );
    if (ok) patch({ disabled: true }, 'Disabled');
  };
  const erase = async () => {
    const ok = await confirm(
      'Erase this account?',
      `All that is known of ${quoted(person.name)} is erased: name, e-mail, sessions, keys and memberships. Runs and data sets stay, without a name. This cannot be undone.`,
      'Erase account',
      'Keep account',
    );
    if (ok) await act(() => service.people.erase(person.id), 'Erased');
  };
  return (
    <tr class={isOff ? 'gone' : ''}>
      <th scope="row" dir="auto">
        {person.name}
        <span class="split">
          {[
            person.email,
            isSelf && 'you',
            isOff && 'disabled',
            person.responsible && `${person.responsible.name} answers for it`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </th>
      <td data-label="May">{person.isOwner ? 'everything: owner' : 'what projects allow'}</td>
      <td data-label="Registered">
        <When at={person.createdAt} />
      </td>
      <td class="do">
        {person.isService && !isOff && (
          <Popover class="button small" title={`Key of ${person.name}`} button={<>New key</>}>
            {(close) => (
              <div class="key-popover">
                <KeyForm
                  person={person.id}
                  done={(key) => {
                    close();
                    madeKey(key);
                  }}
                />
              </div>
            )}
          </Popover>
        )}
        {!isSelf && (
          <Popover
            class="button plain icon small"
            title={`Actions for ${person.name}`}
            label={`Actions for ${person.name}`}
            button={<Icon name="more" />}
          >
            {(close) => (
              <div class="menu-links" onClick={close}>
                {!person.isService && (
                  <button
                    type="button"
                    data-first
                    onClick={() =>
                      patch({ isOwner: !person.isOwner }, person.isOwner ? 'No longer an owner' : 'An owner now')
                    }
                  >
                    {person.isOwner ? 'Take ownership away' : 'Make owner'}
                  </button>
                )}
                {isOff ? (
                  <button type="button" onClick={() => patch({ disabled: false }, 'Enabled')}>
                    Enable
                  </button>
                ) : (
                  <button type="button" onClick={() => void disable()}>
                    Disable
                  </button>
                )}
                <a href={`/v1/people/${encodeURIComponent(person.id)}/export`} download>
                  Download what is known
                </a>
                <button type="button" onClick={() => void erase()}>
                  Erase
                </button>
              </div>
            )}
          </Popover>
        )}
      </td>
    </tr>
  );
}

function NewAccount({ reload }: { reload: () => Promise<void> }) {
  const name = useSignal('');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await run(() => service.people.createServiceAccount(name.value)))) return;
    name.value = '';
    await reload();
  };
  return (
    <div class="stack">
      <form class="form-row" onSubmit={(event) => void submit(event)}>
        <TextField label="Name of a new service account" value={name} required maxLength={100} autocomplete="off" />
        <button class="button" disabled={isBusy.value}>
          Make account
        </button>
      </form>
      <FaultLine of={fault} />
    </div>
  );
}
