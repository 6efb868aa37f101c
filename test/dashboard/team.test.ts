/** The pages of a team, each by somebody who is signed in, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { PASSWORD } from '../support/people.ts';
import { rehearsed } from '../support/service.ts';
import { openTeam, type TeamSite } from '../support/team-site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 180_000 };
/** Browsers report every answer of 4xx. */
const REFUSALS = /the server responded with a status of 4\d\d/;

let team: TeamSite;
before(async () => {
  team = await openTeam();
  await team.owner.submit({ ...rehearsed(), name: 'run of ada' });
  const grace = await team.clientAs('grace');
  await grace.submit({ ...rehearsed(), name: 'run of grace', project: 'vision' });
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

/** There were no problems except those that the test caused. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    team.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
