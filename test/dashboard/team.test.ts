/** The pages of a team, each by somebody who is signed in, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { RelumineClient } from '../../src/client/index.ts';
import { OIDC_PROBLEMS } from '../../src/vocabulary/index.ts';
import { faultsInBothThemes } from '../support/axe.ts';
import { tooWide, WIDTHS } from '../support/pages.ts';
import { PASSWORD } from '../support/people.ts';
import { startReceiver } from '../support/receiver.ts';
import { openTeam, type TeamSite } from '../support/team-site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };
/** Browsers report every answer of 4xx. */
const REFUSALS = /the server responded with a status of 4\d\d/;

const JOB = {
  dataset: { name: 'xor' as const },
  model: { layers: [{ type: 'dense' as const, units: 4 }] },
  training: { epochs: 2 },
};

let team: TeamSite;
before(async () => {
  team = await openTeam({ trains: true, webhooks: { allowPrivate: true } });
  const grace = await team.clientAs('grace');
  const { id } = await team.owner.submit({ ...JOB, name: 'run of ada' });
  for await (const _ of team.owner.watch(id, { snapshots: false }));
  const { id: second } = await grace.submit({ ...JOB, name: 'run of grace', project: 'vision' });
  for await (const _ of grace.watch(second, { snapshots: false }));
});
beforeEach(() => {
  team.complaints.length = 0;
});
after(() => team.close());

test('whoever is not signed in is led to the sign-in and back to the page that was wanted', LIMIT, async () => {
  const page = await team.open('/datasets?project=vision', null);
  await page.waitForURL(/\/sign-in\?to=/);
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').count(), 0);

  await page.getByLabel('Name or e-mail').fill('grace');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Password').inputValue(), '');

  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
  await page.waitForURL(`${team.url}/datasets?project=vision`);
  await page.getByRole('button', { name: 'Account of grace' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in$/);
  await page.goto(`${team.url}/`);
  await page.waitForURL(/\/sign-in$/);
  await finish(page, REFUSALS);
});

test('a sign-in never leads to another site', LIMIT, async () => {
  const page = await team.open('/sign-in?to=//example.com/', null);
  await page.getByLabel('Name or e-mail').fill('nora');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${team.url}/`);
  await finish(page, REFUSALS);
});

test('the sign-in says why a provider of identities did not lead in', LIMIT, async () => {
  const page = await team.open('/sign-in?problem=notInvited', null);
  await page.getByRole('alert').getByText(OIDC_PROBLEMS.notInvited).waitFor();
  await page.goto(`${team.url}/sign-in?problem=constructor`);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await finish(page, REFUSALS);
});

test('lists show the chosen project, whose runs are filtered by who made them', LIMIT, async () => {
  const page = await team.open('/', 'ada', { viewport: { width: 1440, height: 900 } });
  const names = page.locator('table.runs .name');
  const shown = (wished: string[]) =>
    until(
      page,
      async () => (await names.allTextContents()).sort().join(),
      (text) => text === wished.join(),
      wished.join(),
    );
  await shown(['run of ada', 'run of grace']);
  await page.getByLabel('Project').selectOption('vision');
  await shown(['run of grace']);
  await page.waitForURL(new RegExp(`project=${team.vision.id}`));
  assert.equal(await page.locator('td[data-column="createdBy"]').textContent(), 'grace');
  await page.getByRole('checkbox', { name: 'Mine' }).check();
  await page.getByText('No runs match these filters').waitFor();
  await page.getByLabel('Project').selectOption('');
  await shown(['run of ada']);
  await page.reload();
  await shown(['run of ada']);
  await finish(page);
});

test('a new run goes to the chosen project, and is moved to another one', LIMIT, async () => {
  const page = await team.open(`/new?project=${team.vision.id}`, 'ada');
  await page.locator('.notice.valid').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Project', exact: true }).inputValue(), team.vision.id);
  await page.getByLabel('Epochs').fill('1');
  await page.getByRole('button', { name: 'Start training', disabled: false }).click();
  await page.waitForURL(/\/runs\/run_/);
  const id = page.url().split('/').at(-1)!;
  assert.equal((await team.owner.get(id)).project, team.vision.id);
  await page.locator('.run-head').getByText('by ada').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Project').selectOption('default');
  await page.getByRole('button', { name: 'Save' }).click();
  await until(
    page,
    async () => (await team.owner.get(id)).project,
    (project) => project === 'default',
    'the run in the other project',
  );
  await page.locator('.run-head .tag', { hasText: 'default' }).waitFor();
  await finish(page);
});

test('a viewer is offered nothing that would change something, a member of nothing sees nothing', LIMIT, async () => {
  const page = await team.open('/', 'vera');
  await page.locator('table.runs .name', { hasText: 'run of grace' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'New run' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: /^(Edit|Delete) run of grace/ }).count(), 0);
  await page.locator('table.runs .name', { hasText: 'run of grace' }).click();
  await page.getByRole('heading', { level: 1, name: 'run of grace' }).waitFor();
  await page.getByRole('region', { name: 'Job' }).waitFor();
  for (const name of ['Edit', 'Share', 'Cancel', 'Delete this run'])
    assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  await finish(page);

  const other = await team.open('/', 'nora');
  await other.getByText('No runs yet').waitFor();
  await finish(other);
});

test('a key is shown once, works as it says, and is revoked', LIMIT, async () => {
  const page = await team.open('/account', 'grace');
  await page.getByLabel('Name of the new key').fill('notebook');
  await page.getByLabel('It may').selectOption('read');
  await page.getByRole('button', { name: 'Make key' }).click();
  const key = (await page.locator('.secret code').textContent())!;
  assert.match(key, /^rlm_[^_]+_[^_]+$/);
  const client = new RelumineClient(team.url, { apiKey: key });
  assert.equal((await client.me()).person?.name, 'grace');
  await assert.rejects(client.submit({ ...JOB, project: 'vision' }), { code: 'FORBIDDEN' });

  await page.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row', { name: /notebook/ });
  assert.ok(key.startsWith((await row.locator('code').textContent())!));
  await page.reload();
  await row.waitFor();
  assert.ok(!(await page.content()).includes(key.split('_')[2]!), 'the key is nowhere any more');
  await row.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await row.waitFor({ state: 'detached' });
  await assert.rejects(client.me(), { code: 'UNAUTHENTICATED' });
  await finish(page);
});

test('another browser is signed out from here, and led to the sign-in', LIMIT, async () => {
  const there = await team.open('/account', 'vera');
  await there.getByRole('heading', { name: 'Browsers' }).waitFor();
  const page = await team.open('/account', 'vera');
  const others = page.getByRole('button', { name: /^Sign out .+/ });
  await others.first().waitFor();
  while ((await others.count()) > 0) {
    const before = await others.count();
    await others.first().click();
    await until(
      page,
      () => others.count(),
      (count) => count < before,
      'one browser less',
    );
  }
  await page.getByText('this browser').waitFor();
  await there.goto(`${team.url}/`);
  await there.waitForURL(/\/sign-in/);
  await there.context().close();
  await finish(page, REFUSALS);
});

test('a new password signs the other browsers out; an erased account is gone', LIMIT, async () => {
  const there = await team.open('/account', 'nora');
  await there.getByRole('heading', { name: 'Password' }).waitFor();
  const page = await team.open('/account', 'nora');
  await page.getByLabel('Present password').fill('a wrong one');
  await page.getByLabel('New password').fill('another long password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').getByText('The present password is wrong').waitFor();
  await page.getByLabel('Present password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Password changed').waitFor();
  await there.goto(`${team.url}/account`);
  await there.waitForURL(/\/sign-in/);
  await there.context().close();

  await page.getByRole('button', { name: 'Erase my account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep my account' }).click();
  await page.getByRole('button', { name: 'Erase my account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Erase my account' }).click();
  await page.waitForURL(/\/sign-in/);
  assert.ok((await team.owner.people.list()).every(({ name }) => name !== 'nora'));
  await finish(page, REFUSALS);
});

test('an invitation makes a person a member; the link works once', LIMIT, async () => {
  const page = await team.open(`/projects/${team.vision.id}`, 'ada');
  const panel = page.getByRole('region', { name: 'Invitations' });
  await panel.getByLabel('As').selectOption('viewer');
  await panel.getByRole('button', { name: 'Make link' }).click();
  const link = (await panel.locator('.secret code').textContent())!;
  await page.context().close();

  const guest = await team.open(new URL(link).pathname + new URL(link).hash, null);
  await guest.getByText('to the project “vision” as viewer').waitFor();
  await guest.getByLabel('Your name').fill('ian');
  await guest.getByLabel('Password').fill('a password that is long');
  await guest.getByRole('button', { name: 'Register' }).click();
  await guest.locator('table.runs .name', { hasText: 'run of grace' }).waitFor();
  await guest.getByRole('button', { name: 'Account of ian' }).waitFor();
  assert.ok((await team.owner.projects.members('vision')).some(({ person }) => person.name === 'ian'));

  const late = await team.open(new URL(link).pathname + new URL(link).hash, null);
  await late.getByRole('alert').waitFor();
  await late.context().close();
  await finish(guest, REFUSALS);
});

test('an admin adds a member, changes the role, and removes the member', LIMIT, async () => {
  const page = await team.open('/projects', 'ada');
  await page.getByRole('link', { name: 'vision', exact: true }).click();
  const panel = page.getByRole('region', { name: 'Members' });
  await panel.getByLabel('Add somebody who is registered').fill('olga');
  await panel.getByRole('button', { name: 'Add member' }).click();
  await panel.getByLabel('Role of olga').waitFor();
  await panel.getByLabel('Role of olga').selectOption('admin');
  const role = async () =>
    (await team.owner.projects.members('vision')).find(({ person }) => person.name === 'olga')?.role;
  await until(page, role, (now) => now === 'admin', 'the other role');
  await panel.getByRole('button', { name: 'Remove olga' }).click();
  await page.getByRole('button', { name: 'Remove member' }).click();
  await until(page, role, (now) => now === undefined, 'no role');
  await finish(page);
});

test('an owner makes a project and a service account with a key, and reads in the log who did it', LIMIT, async () => {
  const page = await team.open('/projects', 'ada');
  await page.getByLabel('Name of a new project').fill('speech');
  await page.getByRole('button', { name: 'Make project' }).click();
  await page.getByRole('heading', { level: 1, name: 'speech' }).waitFor();

  await page.goto(`${team.url}/people`);
  await page.getByLabel('Name of a new service account').fill('nightly');
  await page.getByRole('button', { name: 'Make account' }).click();
  const row = page.getByRole('row', { name: /nightly/ });
  await row.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name of the new key').fill('cron');
  await page.getByRole('button', { name: 'Make key' }).click();
  const key = (await page.locator('.secret code').textContent())!;
  assert.equal((await new RelumineClient(team.url, { apiKey: key }).me()).person?.name, 'nightly');

  await page.goto(`${team.url}/audit`);
  await page.getByLabel('Action').selectOption('project.created');
  await page
    .getByRole('row', { name: /speech|project\.created/ })
    .first()
    .waitFor();
  await page.waitForURL(/action=project\.created/);
  const export_ = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
  const csv = await page.request.get(team.url + export_!);
  assert.match(await csv.text(), /project\.created/);
  assert.doesNotMatch(await csv.text(), /run\.created/);
  await finish(page);
});

test('retention and the name of a project are kept', LIMIT, async () => {
  const page = await team.open(`/projects/${team.vision.id}`, 'ada');
  const panel = page.getByRole('region', { name: 'Retention' });
  await panel.getByText('Nothing is deleted.').waitFor();
  await panel.getByLabel('Neuron activity').fill('30');
  await panel.getByRole('button', { name: 'Save' }).click();
  await until(
    page,
    async () => (await team.owner.projects.get('vision')).retention.snapshots,
    (days) => days === 30,
    '30 days',
  );
  await panel.getByText('Nothing is old enough').waitFor();
  await finish(page);
});

test('a webhook is added and tested, its deliveries are listed and sent again', LIMIT, async () => {
  const receiver = await startReceiver();
  const page = await team.open(`/projects/${team.vision.id}`, 'ada');
  const panel = page.getByRole('region', { name: 'Webhooks and alerts' });
  await panel.getByRole('button', { name: 'Add webhook' }).click();
  await panel.getByLabel('Name', { exact: true }).fill('pager');
  await panel.getByLabel('Address').fill(`${receiver.url}/hook`);
  await panel.getByRole('checkbox', { name: 'a rule becomes true' }).check();
  await panel.getByLabel('Rule over').fill('summary.deadNeurons >');
  await panel.getByRole('button', { name: 'Add webhook' }).click();
  await panel.getByRole('alert').getByText('The rule cannot be read').waitFor();
  await panel.getByLabel('Rule over').fill('summary.deadNeurons > 2');
  await panel.getByRole('button', { name: 'Add webhook' }).click();
  assert.match((await panel.locator('.secret code').textContent())!, /^whsec_/);
  await panel.getByRole('button', { name: 'Done' }).click();

  await panel.getByRole('button', { name: 'Test pager' }).click();
  const [message] = await receiver.wait(1);
  assert.equal(message?.path, '/hook');
  await panel.getByText('✓ delivered').waitFor();
  await panel.getByRole('button', { name: 'Send again' }).click();
  const all = await receiver.wait(2);
  assert.equal(all[1]?.headers['webhook-id'], message?.headers['webhook-id']);
  await panel.getByRole('button', { name: 'Switch off pager' }).click();
  await panel.getByText('off', { exact: true }).waitFor();
  const [webhook] = await team.owner.webhooks.list('vision');
  assert.notEqual(webhook?.disabledAt, null);
  await panel.getByRole('button', { name: 'Delete pager' }).click();
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  await panel.getByText('No webhooks yet').waitFor();
  await receiver.close();
  await finish(page);
});

test('the account menu and its pages are reached with the keyboard alone', LIMIT, async () => {
  const page = await team.open('/', 'grace');
  await page.locator('table.runs .name').first().waitFor();
  const focused = () => page.evaluate<string | null>('document.activeElement.getAttribute("aria-label")');
  for (let i = 0; i < 30 && (await focused()) !== 'Account of grace'; i += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Account and keys' }).waitFor();
  await until(
    page,
    () => page.evaluate<string>('document.activeElement.textContent'),
    (text) => text.includes('Account and keys'),
    'the first link in focus',
  );
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'grace' }).waitFor();
  await finish(page);
});

const PAGES = () => ['/', '/account', '/projects', `/projects/${team.vision.id}`, '/people', '/audit', '/new'];

test(
  'the pages of a team fit every screen, and have no serious accessibility fault in either theme',
  LIMIT,
  async () => {
    const page = await team.open('/', 'ada');
    for (const path of PAGES()) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(team.url + path);
      await settled(page);
      assert.deepEqual(await faultsInBothThemes(page, { onlySerious: true }), [], path);
      assert.deepEqual(await tooWide(page, WIDTHS), []);
    }
    await finish(page);
    const outside = await team.open('/sign-in', null);
    await outside.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await faultsInBothThemes(outside, { onlySerious: true }), [], '/sign-in');
    assert.deepEqual(await tooWide(outside, WIDTHS), []);
    await finish(outside, REFUSALS);
  },
);

/** Each page shows its own data. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
}

/** There were no problems except those that the test caused. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    team.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
