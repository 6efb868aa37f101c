/** How a service gets its first owner: there is no default password. */
import type { Store } from '../store/store.ts';
import { hashOf, newToken } from './tokens.ts';

const LINK_HOURS = 24;

/** The token of an invitation, which works once, and only while nobody is registered. */
export async function inviteFirstOwner({ invitations }: Pick<Store, 'invitations'>): Promise<string> {
  const token = newToken();
  await invitations.create({
    tokenHash: hashOf(token),
    email: null,
    project: null,
    role: null,
    asOwner: true,
    createdBy: null,
    expiresAt: new Date(Date.now() + LINK_HOURS * 3600_000),
  });
  return token;
}
