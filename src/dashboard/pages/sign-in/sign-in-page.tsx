import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { landing, loadMe, me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { useAction } from '../../parts/use-action.ts';
import { address, navigate } from '../../router.ts';
import { OIDC_PROBLEMS, type OidcProblem } from '../../../vocabulary/index.ts';
import '../../styles/team.css';

export function SignInPage() {
  const name = useSignal('');
  const password = useSignal('');
  const { isBusy, fault, run } = useAction();
  const to = landing(address.value.query.get('to'));
  const problem = address.value.query.get('problem') ?? '';
  const { value: ways } = useLoaded(() => service.session.ways());
  useEffect(() => {
    document.title = 'Sign in · Relumine';
  }, []);
  // Somebody who is known already, or needs not be, has nothing to do here.
  useEffect(() => {
    if (me.value !== null) navigate(to, { replace: true });
  }, [me.value]);

  const submit = async (event: Event) => {
    event.preventDefault();
    const isIn = await run(async () => {
      await service.session.signIn(name.value, password.value);
      await loadMe();
    });
    password.value = '';
    if (isIn) navigate(to, { replace: true });
  };
  if (ways.value?.needsOwner)
    return (
      <div class="page entrance">
        <h1>No owner yet</h1>
        <p>
          This service waits for its first owner. Open the link that its log shows, or run{' '}
          <code>relumine admin create --name NAME</code> on its machine.
        </p>
      </div>
    );
  return (
    <div class="page entrance">
      <h1>Sign in</h1>
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <TextField label="Name or e-mail" value={name} required autocomplete="username" maxLength={200} isFirst />
        <TextField
          label="Password"
          type="password"
          value={password}
          required
          autocomplete="current-password"
          maxLength={200}
        />
        <FaultLine of={fault} />
        {fault.value === '' && isOidcProblem(problem) && (
          <p class="fault-line" role="alert">
            {OIDC_PROBLEMS[problem]}
          </p>
        )}
        <button class="button primary" disabled={isBusy.value}>
          Sign in
        </button>
        {ways.value?.oidc && (
          <a class="button" href={`${ways.value.oidc.url}?${new URLSearchParams({ to })}`}>
            Sign in with {ways.value.oidc.name}
          </a>
        )}
      </form>
      <p class="quiet">Whoever runs this service can send you a link with which you register.</p>
    </div>
  );
}

/** Where the sign-in with another service has led back to this page. */
const isOidcProblem = (name: string): name is OidcProblem => Object.hasOwn(OIDC_PROBLEMS, name);
