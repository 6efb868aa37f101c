/** Share links, the embedded panel and comments, in a real browser. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { seriousFaults } from '../support/axe.ts';
import { openTeam, type TeamSite } from '../support/team-site.ts';
import { FIELD } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };
/** Browsers report every answer of 4xx. */
const REFUSALS = /the server responded with a status of 4\d\d|WebSocket connection/;

let team: TeamSite;
/** Runs of vision: one that has ended, and one that trains on until it is cancelled. */
let ended = '',
  live = '';
const job = (name: string, epochs: number) => ({
  name,
  project: 'vision',
  dataset: { name: 'absolute' as const, normalize: 'none' as const },
  model: { layers: Array.from({ length: 3 }, () => ({ type: 'dense' as const, units: 4 })) },
  training: { epochs, batchSize: 128, seed: 3 },
});

before(async () => {
  team = await openTeam({ trains: true, workers: 1 });
  const { id } = await team.owner.submit(job('done', 5));
  for await (const _ of team.owner.watch(id, { snapshots: false }));
  ended = id;
  live = (await team.owner.submit(job('training', 1_000_000))).id;
});
beforeEach(() => {
  team.complaints.length = 0;
});
after(async () => {
  await team.owner.cancel(live);
  await team.close();
});

/** Makes a link on the page that is open, and gives its address and the code of the panel. */
async function share(page: Page): Promise<{ url: string; code: string }> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Share by link' });
  await dialog.getByLabel('Expires after').selectOption('7');
  await dialog.getByRole('button', { name: 'Make link' }).click();
  const codes = dialog.locator('.secret code');
  await codes.first().waitFor();
  const [url, code] = await codes.allTextContents();
  return { url: url!, code: code! };
}

test('a link shows a run live to anybody, read only, until it is revoked', LIMIT, async () => {
  const page = await team.open(`/runs/${live}`, 'grace');
  const { url } = await share(page);
  assert.equal(new URL(url).origin, team.url);

  const guest = await team.open(new URL(url).pathname, null);
  await guest.getByRole('heading', { level: 1, name: 'training' }).waitFor();
  await guest.locator(`${FIELD} canvas`).first().waitFor();
  await guest.locator('.link-state', { hasText: 'live' }).waitFor();
  for (const name of ['Cancel', 'Edit', 'Share', 'Views', 'Pause'])
    assert.equal(await guest.getByRole('button', { name, exact: true }).count(), 0, name);
  for (const name of ['Runs', 'Repeat', 'New run'])
    assert.equal(await guest.getByRole('link', { name, exact: true }).count(), 0, name);
  assert.equal(await guest.getByRole('region', { name: 'Comments' }).count(), 0);
  assert.deepEqual(await seriousFaults(guest), []);
  assert.deepEqual(team.complaints, []);
  // Its stream stays open, and the rest of this file has the processor.
  await team.owner.pause(live);

  const dialog = page.getByRole('dialog', { name: 'Share by link' });
  await dialog.getByRole('button', { name: /^Revoke/ }).click();
  await page.getByRole('button', { name: 'Revoke link' }).click();
  await dialog.getByText('Nothing is shared.').waitFor();
  await guest.getByText('This link shows nothing any more').waitFor();
  await guest.reload();
  await guest.getByText('This link shows nothing any more').waitFor();
  await guest.context().close();
  await finish(page, REFUSALS);
});

test('a link whose address asked too often says so, and asks again', LIMIT, async () => {
  const page = await team.open(`/runs/${ended}`, 'grace');
  const { url } = await share(page);
  const guest = await team.open('/embed/none', null);
  team.complaints.length = 0;
  const message = 'There were more than 1,200 requests from your address in this minute. Try again in 5 s.';
  const current = '**/v1/share-links/current';
  await guest.route(current, (route) =>
    route.fulfill({ status: 429, json: { error: { code: 'RATE_LIMITED', message, details: [] } } }),
  );
  await guest.goto(url);
  await guest.getByText(message).waitFor();
  await guest.unroute(current);
  await guest.getByRole('heading', { level: 1, name: 'done' }).waitFor();
  await finish(guest, REFUSALS);
  await page.context().close();
});

test('a comparison is shared with the runs that it shows, and no others', LIMIT, async () => {
  const page = await team.open(`/compare?runs=${ended},${live}`, 'grace');
  await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
  const { url } = await share(page);
  const guest = await team.open(new URL(url).pathname, null);
  await guest.getByText('2 runs').waitFor();
  await guest.locator('.strip > span').first().waitFor();
  await finish(guest);
  await finish(page);
});

test('the panel is shown by a page of another site, in the theme that it asks for', LIMIT, async () => {
  const page = await team.open(`/runs/${ended}`, 'grace');
  const { code } = await share(page);
  const source = /src="([^"]+)"/.exec(code)![1]!;
  for (const panel of ['loss', 'neurons']) {
    const wiki = await serve(code.replace(source, `${source}?panel=${panel}&theme=dark`));
    const { port } = wiki.address() as AddressInfo;
    const reader = await team.open('/embed/none', null);
    team.complaints.length = 0;
    await reader.goto(`http://localhost:${port}/`);
    const frame = reader.frameLocator('iframe');
    await frame.getByRole('link', { name: 'done' }).waitFor();
    await frame
      .locator(panel === 'loss' ? '.chart canvas' : `${FIELD} canvas`)
      .first()
      .waitFor();
    assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark');
    await reader.context().close();
    wiki.close();
  }
  await page.context().close();
});

const comments = (of: Page) => of.getByRole('region', { name: 'Comments' });

test('comments on a run and on a neuron appear without a reload, mention members, and are edited', LIMIT, async () => {
  const page = await team.open(`/runs/${ended}`, 'grace');
  const reader = await team.open(`/runs/${ended}`, 'vera');
  await comments(page).getByLabel('Comment on this run').fill('The rate is **too high**, look @ve');
  await page.getByRole('option', { name: 'vera' }).waitFor();
  await page.keyboard.press('Enter');
  assert.equal(
    await comments(page).getByLabel('Comment on this run').inputValue(),
    'The rate is **too high**, look @vera ',
  );
  await comments(page).getByRole('button', { name: 'Comment', exact: true }).click();
  await comments(page).locator('.comment strong', { hasText: 'too high' }).waitFor();
  await comments(reader).locator('.comment strong', { hasText: 'too high' }).waitFor();
  const [comment] = await team.owner.comments.list(ended);
  assert.deepEqual(
    comment?.mentions.map(({ name }) => name),
    ['vera'],
  );

  await page.goto(`${team.url}/runs/${ended}?neuron=dense_1:2`);
  await page.getByLabel('Comment on this neuron').fill('<img src=x onerror=alert(1)> dies first');
  await page.locator('.of-neuron').getByRole('button', { name: 'Comment' }).click();
  await page.locator('.of-neuron .comment', { hasText: 'dies first' }).waitFor();
  assert.equal(await page.locator('.comment img').count(), 0);
  await comments(page).getByRole('link', { name: 'dense_1 · neuron 2' }).waitFor();
  await comments(page).getByRole('button', { name: 'Edit your comment' }).first().click();
  await comments(page).getByRole('textbox', { name: 'Your comment' }).fill('The rate is fine.');
  await comments(page).getByRole('button', { name: 'Save' }).click();
  await comments(page).getByText('The rate is fine.').waitFor();
  await comments(page).getByText(', edited').waitFor();
  assert.equal(
    await comments(reader)
      .getByRole('button', { name: /^(Edit|Delete)/ })
      .count(),
    0,
  );
  assert.deepEqual(await seriousFaults(page), []);

  const mentions = await (await team.clientAs('vera')).comments.mentions();
  assert.deepEqual(
    mentions.data.map(({ id }) => id),
    [],
    'the name is no longer in the text',
  );
  await finish(reader);
  await finish(page);
});

test('a share link signs nobody in', LIMIT, async () => {
  const page = await team.open(`/runs/${ended}`, 'grace');
  const { url } = await share(page);
  const guest = await team.open(new URL(url).pathname, null);
  await guest.getByRole('heading', { level: 1, name: 'done' }).waitFor();
  await guest.goto(`${team.url}/runs/${ended}`);
  await guest.waitForURL(/\/sign-in/);
  await guest.context().close();
  await page.context().close();
});

/** A page of another site. */
async function serve(body: string): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><html lang="en"><title>Wiki</title><body>${body}</body></html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    team.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
