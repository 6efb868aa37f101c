/** Sign-in with a provider of identities: OpenID Connect, authorization code with PKCE. */
import * as oidc from 'openid-client';
import type { NewPerson, OidcSubject, Registration, Store } from '../store/store.ts';
import type { Person } from '../vocabulary/index.ts';

export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** Null: a public client, which has PKCE only. */
  clientSecret: string | null;
  /** Of e-mail addresses: whoever has one may register without an invitation. */
  allowedDomains: readonly string[];
}

/** What a browser has to remember between leaving for the provider and coming back. */
export interface OidcMemory {
  state: string;
  nonce: string;
  verifier: string;
}

/** Whom the provider says somebody is. */
export interface OidcIdentity extends OidcSubject {
  /** Null unless the provider has verified it. */
  email: string | null;
  /** Names that could be used here, the best first. */
  names: string[];
}

const PATIENCE_SECONDS = 10;

export class OidcProvider {
  readonly #settings: OidcSettings;
  #discovered: Promise<oidc.Configuration> | null = null;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** The host of the issuer. */
  get name(): string {
    return new URL(this.#settings.issuer).host;
  }

  /** Where to send a browser, which comes back to `redirectUri`. Rejects if the provider cannot be reached. */
  async begin(redirectUri: string): Promise<{ url: URL; memory: OidcMemory }> {
    const memory = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const url = oidc.buildAuthorizationUrl(await this.#discover(), {
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state: memory.state,
      nonce: memory.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(memory.verifier),
      code_challenge_method: 'S256',
    });
    return { url, memory };
  }

  /** Rejects unless `returned`, the address to which the browser came back, belongs to the memory. */
  async finish(returned: URL, { state, nonce, verifier }: OidcMemory): Promise<OidcIdentity> {
    const provider = await this.#discover();
    const tokens = await oidc.authorizationCodeGrant(provider, returned, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new Error('The provider has sent no ID token.');
    const more = provider.serverMetadata().userinfo_endpoint
      ? await oidc.fetchUserInfo(provider, tokens.access_token, claims.sub)
      : {};
    const said: Record<string, unknown> = { ...claims, ...more };
    const email = said['email_verified'] === true && typeof said['email'] === 'string' ? said['email'] : null;
    const names = [said['name'], said['preferred_username'], email, `${claims.sub} (${this.name})`];
    return {
      issuer: claims.iss,
      subject: claims.sub,
      email,
      names: names.filter(
        (name) => typeof name === 'string' && name.trim() !== '' && !/\p{Cc}/u.test(name),
      ) as string[],
    };
  }

  #discover(): Promise<oidc.Configuration> {
    if (this.#discovered) return this.#discovered;
    const { issuer, clientId, clientSecret } = this.#settings;
    const server = new URL(issuer);
    const discovered = oidc.discovery(
      server,
      clientId,
      clientSecret ?? undefined,
      clientSecret === null ? oidc.None() : oidc.ClientSecretPost(clientSecret),
      // The configuration allows this on the loopback address only.
      { timeout: PATIENCE_SECONDS, ...(server.protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }) },
    );
    this.#discovered = discovered;
    discovered.catch(() => {
      this.#discovered = null;
    });
    return discovered;
  }
}

/**
 * The person, who is registered on the first visit if there is an invitation for the verified e-mail address, or if its
 * domain is allowed. `notInvited`: neither. `disabled`: the person may not sign in any more.
 */
export async function admit(
  store: Pick<Store, 'people' | 'invitations'>,
  { issuer, subject, email, names }: OidcIdentity,
  allowedDomains: readonly string[],
): Promise<Person | 'notInvited' | 'disabled'> {
  const known = await store.people.ofSubject({ issuer, subject });
  if (known) return known.disabledAt === null ? known : 'disabled';
  if (email === null) return 'notInvited';
  const invitation = await store.invitations.forEmail(email);
  const isAllowed = allowedDomains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase());
  if (!invitation && !isAllowed) return 'notInvited';
  for (const name of names) {
    const newcomer: NewPerson = { name: name.slice(0, 100), email, oidc: { issuer, subject } };
    const registration: Registration | null = invitation
      ? await store.invitations.use(invitation.id, newcomer)
      : await store.people.create(newcomer);
    if (registration === null || registration === 'noOwner') return 'notInvited';
    if (registration !== 'nameTaken') return registration.person;
    // Somebody has the name; or the same person has just registered in another window.
    const again = await store.people.ofSubject({ issuer, subject });
    if (again) return again;
  }
  return 'notInvited';
}
