/** The pages of a team, each by somebody who is signed in, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { PASSWORD } from '../support/people.ts';
import { openTeam, type TeamSite } from '../support/team-site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 180_000 };
/** Browsers report every answer of 4xx. */
const REFUSALS = /the server responded with a status of 4\d\d/;

const JOB = {
  dataset: { name: 'xor' as const },
  model: { layers: [{ type: 'dense' as const, units: 4 }] },
  training: { epochs: 2 },
};

let team: TeamSite;
before(async () => {
  team = await openTeam({ trains: true });
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

/** There were no problems except those that the test caused. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    team.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
