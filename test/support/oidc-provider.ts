/** A real OpenID Connect provider, in which anybody can sign in as anybody: the login is the subject. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export interface TestIdentity {
  name?: string;
  email?: string;
  email_verified?: boolean;
}
export interface TestProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who exists, by login. */
  people: Map<string, TestIdentity>;
  /** Where browsers may come back to. */
  allow(redirectUri: string): void;
  stop(): Promise<void>;
}

export async function startProvider(): Promise<TestProvider> {
  const people = new Map<string, TestIdentity>();
  const redirectUris: string[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ['relumine', 'a secret of the client'];
  let provider: Provider | null = null;
  const handle = (): Provider =>
    (provider ??= new Provider(issuer, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: redirectUris,
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
      cookies: { keys: ['test'] },
      findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
    }));
  server.on('request', (request, response) => void handle().callback()(request, response));
  return {
    issuer,
    clientId,
    clientSecret,
    people,
    allow: (uri) => void redirectUris.push(uri),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A browser without pages: keeps cookies by origin, follows redirects, and fills in the forms of the provider. */
export class TinyBrowser {
  readonly #jars = new Map<string, Map<string, string>>();

  cookie(origin: string): string {
    return [...(this.#jars.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Goes to `url`, signs in at the provider as `login` if asked, and stops at the first page of `home`. */
  async visit(url: string, home: string, login: string): Promise<string> {
    let next: { url: string; form?: Record<string, string> } = { url };
    for (let step = 0; step < 20; step++) {
      const response = await this.#send(next);
      const location = response.headers.get('location');
      const text = await response.text();
      if (location !== null) {
        next = { url: new URL(location, next.url).href };
        const { origin, pathname } = new URL(next.url);
        if (origin === home && !pathname.startsWith('/v1/')) return next.url;
        continue;
      }
      const [, action = ''] = /action="([^"]+)"/.exec(text) ?? [];
      if (action === '') throw new Error(`${next.url} answered ${response.status}: ${text.slice(0, 300)}`);
      const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(text) ?? [];
      next = { url: new URL(action, next.url).href, form: { prompt, login, password: 'any' } };
    }
    throw new Error('too many redirects');
  }

  async #send({ url, form }: { url: string; form?: Record<string, string> }): Promise<Response> {
    const { origin } = new URL(url);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: this.cookie(origin) },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    const jar = this.#jars.get(origin) ?? new Map<string, string>();
    this.#jars.set(origin, jar);
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }
}
