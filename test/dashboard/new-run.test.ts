import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { openSite, type Site } from '../support/site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };

let site: Site;
before(async () => {
  site = await openSite();
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

const start = (page: Page) => page.getByRole('button', { name: 'Start training' });
const json = (page: Page) => page.getByLabel('Job as JSON');
const runs = async () => (await site.client.listPage({})).data.map(({ name }) => name);
/** Once the service has judged the draft as it is. */
const judged = (page: Page) => page.locator('.notice.valid').waitFor();

async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    site.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}

test(
  'while the JSON beside the form is invalid, nothing can be started, and the page says why and where',
  LIMIT,
  async () => {
    const page = await site.open('/new');
    await judged(page);
    await json(page).fill('{"name": "my xor", "dataset": {"name":"xor"} ');
    await page.getByText('The JSON is not valid in line 1.').waitFor();
    assert.ok(await start(page).isDisabled());
    // The form would change the old job, and Enter in it would start that one.
    assert.ok(await page.getByLabel('Epochs').isDisabled());
    await page.evaluate(`document.querySelector('form').requestSubmit()`);
    assert.equal(await page.locator('.notice.valid').count(), 0);
    await json(page).fill('{\n "name": "my xor",\n "dataset": {"name":"xor"},,\n}');
    await page.getByText('The JSON is not valid in line 3.').waitFor();
    await page.getByRole('button', { name: 'Show the place' }).click();
    const place = await page.evaluate<string>(
      `(() => { const { value, selectionStart } = document.activeElement; return value.slice(0, selectionStart); })()`,
    );
    assert.equal(place, '{\n "name": "my xor",\n "dataset": {"name":"xor"},');
    assert.deepEqual(await runs(), []);

    await json(page).fill('{"name": "my xor", "dataset": {"name":"xor"}, "training": {"epochs": 1}}');
    await judged(page);
    await start(page).click();
    await page.waitForURL(/\/runs\/run_/);
    assert.deepEqual(await runs(), ['my xor']);
    await finish(page);
  },
);

test('typed JSON can be discarded for the job of the form, and follows the form afterwards', LIMIT, async () => {
  const page = await site.open('/new');
  await judged(page);
  const before = await json(page).inputValue();
  await json(page).fill('{"training": {"epochs": 1e999}}');
  await page.getByText('The number at "epochs" is too large.').waitFor();
  assert.ok(await start(page).isDisabled());
  await page.getByRole('button', { name: 'Discard the typed JSON' }).click();
  assert.equal(await json(page).inputValue(), before);
  await page.getByLabel('Epochs').fill('7');
  assert.match(await json(page).inputValue(), /"epochs": 7/);
  // A preset replaces a text that is no job.
  await json(page).fill('{');
  await page.getByRole('radio', { name: /Spirals/ }).click();
  assert.match(await json(page).inputValue(), /"spirals"/);
  await judged(page);
  await finish(page);
});

test('a number that JSON cannot hold is named as wrong, not sent as another one', LIMIT, async () => {
  const page = await site.open('/new');
  await page.getByRole('radio', { name: /^MNIST/ }).click();
  await judged(page);
  const limit = page.locator('.field', { has: page.locator('[name="dataset.limit"]') });
  await limit.getByRole('textbox').fill('Infinity');
  await limit.locator('.fault').waitFor();
  assert.ok(await start(page).isDisabled());
  await finish(page, /400 \(Bad Request\)/);
});

test('a verdict on an older draft is marked as old', LIMIT, async () => {
  const page = await site.open('/new');
  await judged(page);
  const asked = new Promise<Route>((resolve) => void page.route(/validateOnly/, resolve));
  await page.getByLabel('Epochs').fill('9');
  await page.getByText('Checking the changed job').waitFor();
  assert.equal(await page.locator('.notice.valid').count(), 0);
  await (await asked).continue();
  await judged(page);
  assert.equal(await page.getByText('Checking the changed job').count(), 0);
  await finish(page);
});

test('a job that the service could not judge is judged later, without a change', LIMIT, async () => {
  const page = await site.open('/');
  const error = { code: 'OVERLOADED', message: 'Try again in a second.', details: [] };
  const hindrances: ((route: Route) => Promise<void>)[] = [
    (route) => route.abort(),
    (route) => route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: { error } }),
    (route) => route.continue(),
  ];
  await page.route(/validateOnly/, (route) => hindrances.shift()!(route));
  await page.goto(`${site.url}/new`);
  await page.getByText('The service does not respond.').waitFor();
  await judged(page);
  assert.equal(hindrances.length, 0);
  await finish(page, /503 \(Service Unavailable\)|ERR_FAILED/);
});

test('drafts survive a reload, in the form and in the JSON, until they are discarded or started', LIMIT, async () => {
  const page = await site.open('/new');
  await judged(page);
  await page.getByLabel('Name', { exact: true }).fill('half a job');
  await page.reload();
  await page.getByText('This is your draft').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'half a job');
  await json(page).fill('{"name": "half a li');
  await page.reload();
  await page.getByText('The JSON is not valid').waitFor();
  assert.equal(await json(page).inputValue(), '{"name": "half a li');
  assert.ok(await start(page).isDisabled());
  await page.getByRole('button', { name: 'Discard draft' }).click();
  await judged(page);
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'deep and narrow');
  await page.reload();
  await judged(page);
  assert.equal(await page.getByText('This is your draft').count(), 0);

  await json(page).fill('{"name": "started draft", "dataset": {"name":"xor"}, "training": {"epochs": 1}}');
  await judged(page);
  await start(page).click();
  await page.waitForURL(/\/runs\/run_/);
  await page.goto(`${site.url}/new`);
  await judged(page);
  assert.equal(await page.getByText('This is your draft').count(), 0);
  await finish(page);
});

test('the job of a run that was asked for comes before any draft, which is offered', LIMIT, async () => {
  const { id } = await site.client.submit({
    name: 'asked for',
    dataset: { name: 'xor' },
    model: { layers: [] },
    training: { epochs: 1 },
  });
  const page = await site.open('/new');
  await judged(page);
  await page.getByLabel('Name', { exact: true }).fill('another draft');
  await page.goto(`${site.url}/new?from=${id}`);
  await judged(page);
  const name = page.getByLabel('Name', { exact: true });
  assert.equal(await name.inputValue(), 'asked for');
  await name.fill('asked for, changed');
  await page.reload();
  await judged(page);
  assert.equal(await name.inputValue(), 'asked for');
  await page.getByRole('button', { name: 'Go on with the draft' }).click();
  await until(
    page,
    () => name.inputValue(),
    (text) => text === 'asked for, changed',
    'the draft of this job',
  );
  await page.goto(`${site.url}/new?from=run_doesnotexist`);
  await page.getByText('Run "run_doesnotexist" not found. The form shows another job.').waitFor();
  await finish(page, /404/);
});
