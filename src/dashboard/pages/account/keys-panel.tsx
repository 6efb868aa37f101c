import { useSignal } from '@preact/signals';
import { me } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { SCOPE_LABELS } from '../../parts/labels.ts';
import { Rows } from '../../parts/rows.tsx';
import { Secret } from '../../parts/secret.tsx';
import { quoted } from '../../parts/short.ts';
import { Fault } from '../../parts/states.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { Until, When } from '../../parts/when.tsx';
import { KeyForm } from './key-form.tsx';

/** Keys for programs: one's own, and for an owner those of service accounts. */
export function KeysPanel() {
  const { value, fault, reload } = useLoaded(() => service.keys.list());
  const made = useSignal('');
  const revoke = async (id: string, name: string) => {
    const ok = await confirm(
      'Revoke this key?',
      `Programs with the key ${quoted(name)} are refused from now on, and their open streams end. This cannot be undone.`,
      'Revoke key',
      'Keep key',
    );
    if (!ok) return;
    await attempt(() => service.keys.revoke(id), 'Revoked');
    await reload();
  };
  const self = me.value?.person?.id;
  return (
    <section class="panel" aria-labelledby="keys-title">
      <div class="panel-head">
        <h2 id="keys-title">Keys</h2>
        <span class="quiet">
          For programs: <code>RELUMINE_API_KEY</code>, or the header <code>Authorization: Bearer</code>.
        </span>
      </div>
      <div class="panel-body">
        {made.value && <Secret title="The new key." text={made.value} close={() => (made.value = '')} />}
        <KeyForm
          done={(key) => {
            made.value = key;
            void reload();
          }}
        />
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value?.length === 0 && <p class="quiet">No keys yet.</p>}
        {value.value && value.value.length > 0 && (
          <Rows columns={['Name', 'Begins with', 'May', 'Last used', 'Expires']} last="Actions">
            {value.value.map((key) => (
              <tr key={key.id}>
                <th scope="row" dir="auto">
                  {key.name}
                  {key.person.id !== self && <span class="split">of {key.person.name}</span>}
                </th>
                <td data-label="Begins with">
                  <code>{key.prefix}</code>
                </td>
                <td data-label="May">{key.scopes.map((scope) => SCOPE_LABELS[scope]).join(', ')}</td>
                <td data-label="Last used">
                  <When at={key.lastUsedAt} />
                </td>
                <td data-label="Expires">
                  <Until at={key.expiresAt} />
                </td>
                <td class="do">
                  <button type="button" class="button small" onClick={() => void revoke(key.id, key.name)}>
                    Revoke<span class="sr"> {key.name}</span>
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
