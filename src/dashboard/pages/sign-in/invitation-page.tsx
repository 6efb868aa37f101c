import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { SHORTEST_PASSWORD, type Invitation } from '../../../vocabulary/index.ts';
import { loadMe, me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { ROLE_HINTS, ROLE_LABELS } from '../../parts/labels.ts';
import { Fault } from '../../parts/states.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { address, navigate } from '../../router.ts';
import '../../styles/team.css';

/** The page of a link with which somebody registers, or joins a project. Its secret is in the fragment. */
export function InvitationPage() {
  const token = address.value.fragment;
  const { value, fault } = useLoaded(() => service.invitations.look(token), [token]);
  useEffect(() => {
    document.title = 'Invitation · Relumine';
  }, []);
  const invitation = value.value;
  return (
    <div class="page entrance">
      <h1>{invitation?.asOwner ? 'Set up this service' : 'Welcome to Relumine'}</h1>
      {fault.value !== null && <Fault of={fault.value} />}
      {invitation && (
        <>
          <p class="quiet">{inWords(invitation)}</p>
          {me.value?.person ? (
            <JoinForm token={token} name={me.value.person.name} />
          ) : (
            <RegisterForm token={token} email={invitation.email} />
          )}
        </>
      )}
    </div>
  );
}

function inWords({ asOwner, createdBy, projectName, role }: Invitation): string {
  if (asOwner)
    return 'You become an owner: you may do everything here, and invite others. From then on nobody gets in without signing in.';
  const from = createdBy ? `${createdBy.name} invites you` : 'You are invited';
  return projectName !== null && role !== null
    ? `${from} to the project “${projectName}” as ${ROLE_LABELS[role]}, who ${ROLE_HINTS[role]}.`
    : `${from}.`;
}

async function enter(): Promise<void> {
  await loadMe();
  navigate('/', { replace: true });
}

function RegisterForm({ token, email }: { token: string; email: string | null }) {
  const name = useSignal('');
  const password = useSignal('');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await run(() => service.invitations.accept(token, name.value, password.value))) await enter();
  };
  return (
    <form class="panel" onSubmit={(event) => void submit(event)}>
      <TextField
        label="Your name"
        value={name}
        required
        autocomplete="username"
        maxLength={100}
        isFirst
        hint={email === null ? 'You sign in with it, and others see it.' : `You sign in with it or with ${email}.`}
      />
      <TextField
        label="Password"
        type="password"
        value={password}
        required
        minLength={SHORTEST_PASSWORD}
        maxLength={200}
        autocomplete="new-password"
        hint={`At least ${SHORTEST_PASSWORD} characters.`}
      />
      <FaultLine of={fault} />
      <button class="button primary" disabled={isBusy.value}>
        Register
      </button>
      <p class="quiet">
        Registered already?{' '}
        <a class="text" href={`/sign-in?${new URLSearchParams({ to: `/invitation#${token}` })}`}>
          Sign in
        </a>{' '}
        and open the link again.
      </p>
    </form>
  );
}

function JoinForm({ token, name }: { token: string; name: string }) {
  const { isBusy, fault, run } = useAction();
  const join = async () => {
    if (await run(() => service.invitations.join(token))) await enter();
  };
  return (
    <div class="panel">
      <p>
        You are signed in as <b dir="auto">{name}</b>.
      </p>
      <FaultLine of={fault} />
      <button type="button" class="button primary" disabled={isBusy.value} onClick={() => void join()}>
        Accept the invitation
      </button>
    </div>
  );
}
