import type { Session } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { Rows } from '../../parts/rows.tsx';
import { Fault } from '../../parts/states.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { Until, When } from '../../parts/when.tsx';
import { browserName } from './browser-name.ts';

/** Browsers in which one is signed in. */
export function SessionsPanel() {
  const { value, fault, reload } = useLoaded(() => service.session.list());
  const end = async (session: Session) => {
    await attempt(() => service.session.end(session.id), 'Signed out there');
    await reload();
  };
  return (
    <section class="panel" aria-labelledby="sessions-title">
      <div class="panel-head">
        <h2 id="sessions-title">Browsers</h2>
        <span class="quiet">Where you are signed in.</span>
      </div>
      <div class="panel-body">
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value && (
          <Rows columns={['Browser', 'Address', 'Last used', 'Until']} last="Actions">
            {value.value.map((session) => (
              <tr key={session.id}>
                <th scope="row" title={session.agent ?? ''}>
                  {browserName(session.agent)}
                </th>
                <td data-label="Address">{session.address ?? '–'}</td>
                <td data-label="Last used">
                  <When at={session.lastUsedAt} />
                </td>
                <td data-label="Until">
                  <Until at={session.expiresAt} />
                </td>
                <td class="do">
                  {session.isCurrent ? (
                    <span class="quiet">this browser</span>
                  ) : (
                    <button type="button" class="button small" onClick={() => void end(session)}>
                      Sign out<span class="sr"> {browserName(session.agent)}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </Rows>
        )}
      </div>
    </section>
  );
}
