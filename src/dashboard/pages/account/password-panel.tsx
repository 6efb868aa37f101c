import { useSignal } from '@preact/signals';
import { SHORTEST_PASSWORD } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';

export function PasswordPanel() {
  const current = useSignal('');
  const next = useSignal('');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await run(() => service.session.changePassword(current.value, next.value)))) return;
    current.value = next.value = '';
    toast('Password changed. Other browsers are signed out.');
  };
  return (
    <section class="panel" aria-labelledby="password-title">
      <div class="panel-head">
        <h2 id="password-title">Password</h2>
        <span class="quiet">A new one signs all other browsers out. Keys go on.</span>
      </div>
      <div class="panel-body">
        <form class="form-row" onSubmit={(event) => void submit(event)}>
          <TextField
            label="Present password"
            type="password"
            value={current}
            required
            autocomplete="current-password"
            maxLength={200}
          />
          <TextField
            label="New password"
            type="password"
            value={next}
            required
            minLength={SHORTEST_PASSWORD}
            autocomplete="new-password"
            maxLength={200}
            hint={`At least ${SHORTEST_PASSWORD} characters.`}
          />
          <button class="button" disabled={isBusy.value}>
            Change password
          </button>
        </form>
        <FaultLine of={fault} />
      </div>
    </section>
  );
}
