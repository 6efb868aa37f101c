import { useEffect } from 'preact/hooks';
import { me, signOut } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ROLE_LABELS } from '../../parts/labels.ts';
import { Empty } from '../../parts/states.tsx';
import { toastFault } from '../../parts/toast.tsx';
import { UsagePanel } from '../../parts/usage-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { MentionsPanel } from './mentions-panel.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { SessionsPanel } from './sessions-panel.tsx';
import '../../styles/team.css';

/** What belongs to the person who is signed in. */
export function AccountPage() {
  useEffect(() => {
    document.title = 'Account · Relumine';
  }, []);
  const now = me.value;
  if (!now) return <div class="page" />;
  if (!now.person)
    return (
      <div class="page">
        <Empty title="Nobody is registered">
          <p>
            Everything is open on this machine. To make it a team’s service, run{' '}
            <code>relumine admin create --name NAME</code>.
          </p>
        </Empty>
      </div>
    );
  const { person } = now;
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1 dir="auto">{person.name}</h1>
          <p class="quiet">
            {person.email && <>{person.email} · </>}
            {now.isOwner
              ? 'Owner: may do everything in every project.'
              : now.projects.length === 0
                ? 'A member of no project yet. An admin of a project can add you.'
                : now.projects.map((project) => `${project.name}: ${ROLE_LABELS[project.role]}`).join(' · ')}
          </p>
        </div>
      </div>
      <div class="sections">
        <MentionsPanel />
        <KeysPanel />
        <SessionsPanel />
        <PasswordPanel />
        <UsagePanel title="What you use" load={() => service.session.limits()} />
        <DataPanel id={person.id} name={person.name} />
      </div>
    </div>
  );
}

/** All that is known of the person, as a file; and its end. */
function DataPanel({ id, name }: { id: string; name: string }) {
  const erase = async () => {
    const ok = await confirm(
      'Erase your account?',
      `All that is known of ${name} is erased: name, e-mail, sessions, keys and memberships. Runs and data sets stay, without a name. This cannot be undone.`,
      'Erase my account',
      'Keep my account',
    );
    if (!ok) return;
    try {
      await service.people.erase(id);
      location.assign('/sign-in');
    } catch (fault) {
      toastFault(fault);
    }
  };
  return (
    <section class="panel" aria-labelledby="data-title">
      <div class="panel-head">
        <h2 id="data-title">Your data</h2>
      </div>
      <div class="panel-body">
        <div class="row">
          <a class="button" href={`/v1/people/${encodeURIComponent(id)}/export`} download>
            Download all of it
          </a>
          <button type="button" class="button" onClick={() => void signOut().catch(toastFault)}>
            Sign out
          </button>
          <button type="button" class="button danger" onClick={() => void erase()}>
            Erase my account
          </button>
        </div>
      </div>
    </section>
  );
}
