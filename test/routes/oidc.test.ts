import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Me } from '../../src/vocabulary/index.ts';
import { startProvider, TinyBrowser, type TestProvider } from '../support/oidc-provider.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, startService, type TestService } from '../support/service.ts';

const verified = (name: string, email: string) => ({ name, email, email_verified: true });

describe('sign-in with OpenID Connect', () => {
  let provider: TestProvider;
  let service: TestService;
  before(async () => {
    provider = await startProvider();
    const { issuer, clientId, clientSecret } = provider;
    service = await startService({
      workers: 0,
      config: { oidc: { issuer, clientId, clientSecret, allowedDomains: ['team.example'] } },
    });
    provider.allow(`${service.url}/v1/session/oidc/callback`);
    provider.people
      .set('early', verified('Early', 'early@team.example'))
      .set('ada', verified('Ada', 'Ada@Guests.example'))
      .set('bob', verified('Root', 'bob@team.example'))
      .set('eve', verified('Eve', 'eve@elsewhere.example'))
      .set('liar', { name: 'Liar', email: 'liar@team.example', email_verified: false });
  });
  after(async () => {
    await service.remove();
    await provider.stop();
  });

  async function come(login: string, to = '/compare?runs=a', browser = new TinyBrowser()) {
    const page = await browser.visit(`${service.url}/v1/session/oidc?to=${encodeURIComponent(to)}`, service.url, login);
    const answer = await ask(`${service.url}/v1/me`, { headers: { cookie: browser.cookie(service.url) } });
    return { page: page.slice(service.url.length), me: answer.status === 200 ? (answer.body as Me) : null };
  }

  it('is offered, but makes nobody the first person', async () => {
    const { host } = new URL(provider.issuer);
    assert.deepEqual((await service.client.session.ways()).oidc, { name: host, url: '/v1/session/oidc' });
    const { page, me } = await come('early');
    assert.deepEqual([page, me?.via], ['/sign-in?problem=notInvited', 'open']);
    await register(service, 'root', { isOwner: true });
  });

  it('lets in whoever was invited by a verified e-mail address, once and from then on', async () => {
    const owner = clientOf(service, await keyOf(service, (await service.stations.store.people.find('root'))!));
    await owner.invitations.create({ email: 'ada@guests.example', project: 'default', role: 'viewer' });
    const first = await come('ada');
    assert.equal(first.page, '/compare?runs=a');
    assert.deepEqual([first.me?.person?.name, first.me?.projects[0]?.role], ['Ada', 'viewer']);
    provider.people.set('ada', { name: 'Renamed', email: 'other@elsewhere.example', email_verified: true });
    const second = await come('ada', '/');
    assert.deepEqual([second.page, second.me?.person?.id], ['/', first.me?.person?.id]);
    await owner.people.patch(first.me?.person?.id ?? '', { disabled: true });
    assert.deepEqual(await come('ada'), { page: '/sign-in?problem=disabled', me: null });
  });

  it('lets in whoever has an allowed domain, under a name that is free', async () => {
    const { me } = await come('bob');
    assert.deepEqual([me?.person?.name, me?.isOwner, me?.projects], ['bob@team.example', false, []]);
  });

  it('lets nobody else in, nor anybody without a verified address', async () => {
    for (const login of ['eve', 'liar'])
      assert.deepEqual(await come(login), { page: '/sign-in?problem=notInvited', me: null }, login);
  });

  it('leads to no other site, and accepts no answer to a question of somebody else', async () => {
    for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', '/%09/evil.example/..//x', 'x'])
      assert.ok((await come('bob', to)).page.startsWith('/'), to);
    const answer = (cookie: string, query: string) =>
      fetch(`${service.url}/v1/session/oidc/callback?${query}`, { redirect: 'manual', headers: { cookie } });
    const begun = await fetch(`${service.url}/v1/session/oidc`, { redirect: 'manual' });
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const [own = ''] = begun.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    for (const [cookie, query, problem] of [
      ['', `code=x&state=${state}`, 'expired'],
      ['relumine_oidc=bnVsbA', `code=x&state=${state}`, 'expired'],
      ['relumine_oidc=%%%', '', 'expired'],
      [own, 'code=x&state=other', 'refused'],
      [own, `code=x&state=${state}`, 'refused'],
      [own, `error=access_denied&state=${state}`, 'refused'],
    ] as const) {
      const { status, headers } = await answer(cookie, query);
      assert.deepEqual([status, headers.get('location')], [302, `/sign-in?problem=${problem}`], `${cookie} ${query}`);
      assert.doesNotMatch(headers.getSetCookie().join(), /relumine_session/);
    }
  });

  it('says that the provider cannot be reached, and that there is none', async () => {
    const lost = await startService({
      workers: 0,
      config: { oidc: { issuer: 'http://127.0.0.1:9', clientId: 'x', clientSecret: null, allowedDomains: [] } },
    });
    try {
      const answer = await fetch(`${lost.url}/v1/session/oidc`, { redirect: 'manual' });
      assert.equal(answer.headers.get('location'), '/sign-in?problem=unavailable');
    } finally {
      await lost.remove();
    }
    const none = await startService({ workers: 0 });
    try {
      assert.equal((await ask(`${none.url}/v1/session/oidc`)).status, 404);
    } finally {
      await none.remove();
    }
  });
});
