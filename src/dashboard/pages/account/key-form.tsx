import { useSignal } from '@preact/signals';
import { KEY_SCOPES, type KeyScope } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { SCOPE_LABELS } from '../../parts/labels.ts';
import { inDays, LifetimeField } from '../../parts/lifetime-field.tsx';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { useAction } from '../../parts/use-action.ts';

/** `person`: a service account, whose key it is. */
export function KeyForm({ person, done }: { person?: string; done: (key: string) => void }) {
  const name = useSignal('');
  const scope = useSignal<KeyScope>('write');
  const days = useSignal('90');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      const { key } = await service.keys.create({
        name: name.value,
        scopes: [scope.value],
        expiresAt: inDays(days.value),
        ...(person !== undefined && { person }),
      });
      name.value = '';
      done(key);
    });
  };
  return (
    <div class="stack">
      <form class="form-row" onSubmit={(event) => void submit(event)}>
        <TextField label="Name of the new key" value={name} required maxLength={100} placeholder="training script" />
        <label class="field">
          <span class="label">It may</span>
          <select
            class="input"
            value={scope.value}
            onChange={(event) => (scope.value = event.currentTarget.value as KeyScope)}
          >
            {KEY_SCOPES.map((one) => (
              <option key={one} value={one}>
                {SCOPE_LABELS[one]}
              </option>
            ))}
          </select>
        </label>
        <LifetimeField days={days} />
        <button class="button" disabled={isBusy.value}>
          Make key
        </button>
      </form>
      <FaultLine of={fault} />
    </div>
  );
}
