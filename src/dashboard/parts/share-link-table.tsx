import type { ShareKind, ShareLink } from '../../vocabulary/index.ts';
import { service } from '../data/service.ts';
import { confirm } from './confirm.tsx';
import { Rows } from './rows.tsx';
import { attempt } from './toast.tsx';
import { Until, When } from './when.tsx';

const KIND_LABELS: Record<ShareKind, string> = { run: 'run', comparison: 'comparison', trials: 'trials' };

interface Props {
  links: readonly ShareLink[];
  reload: () => Promise<void>;
  /** Whether it says which runs they show. */
  hasRuns?: boolean;
}

/** Links that still work. */
export function ShareLinkTable({ links, reload, hasRuns = false }: Props) {
  const open = links.filter(
    ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now()),
  );
  const revoke = async ({ id }: ShareLink) => {
    const ok = await confirm(
      'Revoke this link?',
      'Pages and panels that show it stop at once. It cannot be used again.',
      'Revoke link',
      'Keep link',
    );
    if (!ok) return;
    await attempt(() => service.shareLinks.revoke(id), 'Revoked');
    await reload();
  };
  if (open.length === 0) return <p class="quiet">Nothing is shared.</p>;
  return (
    <Rows columns={['Shows', 'By', 'Last used', 'Expires']} last="Actions">
      {open.map((link) => (
        <tr key={link.id}>
          <th scope="row">
            {hasRuns && link.runs[0] !== undefined ? (
              <a href={link.kind === 'comparison' ? `/compare?runs=${link.runs.join(',')}` : `/runs/${link.runs[0]}`}>
                {KIND_LABELS[link.kind]} <code>{link.runs[0]}</code>
                {link.runs.length > 1 && ` and ${link.runs.length - 1} more`}
              </a>
            ) : (
              KIND_LABELS[link.kind]
            )}
          </th>
          <td data-label="By">{link.createdBy?.name ?? '–'}</td>
          <td data-label="Last used">
            <When at={link.lastUsedAt} />
          </td>
          <td data-label="Expires">
            <Until at={link.expiresAt} />
          </td>
          <td class="do">
            <button type="button" class="button small" onClick={() => void revoke(link)}>
              Revoke<span class="sr"> the link to {link.runs[0]}</span>
            </button>
          </td>
        </tr>
      ))}
    </Rows>
  );
}
