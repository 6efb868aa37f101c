import { me, signOut } from '../data/me.ts';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';
import { toastFault } from './toast.tsx';

/** Who is signed in, with the pages of the team. */
export function AccountMenu() {
  const person = me.value?.person;
  if (!person) return null;
  return (
    <Popover
      class="button plain"
      title="Account"
      label={`Account of ${person.name}`}
      button={
        <>
          <Icon name="person" />
          <span class="account-name" dir="auto">
            {person.name}
          </span>
        </>
      }
    >
      {(close) => (
        <nav class="menu-links" aria-label="Account" onClick={close}>
          <a href="/account" data-first>
            Account and keys
          </a>
          <a href="/projects">Projects</a>
          {me.value?.isOwner && <a href="/people">People</a>}
          <a href="/audit">Audit log</a>
          <button type="button" onClick={() => void signOut().catch(toastFault)}>
            Sign out
          </button>
        </nav>
      )}
    </Popover>
  );
}
