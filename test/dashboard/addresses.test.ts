import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSite, type Site } from '../support/site.ts';

const LIMIT = { timeout: 300_000 };

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

test('an unknown address is answered with 404 and a page that leads home', LIMIT, async () => {
  const page = await site.open('/');
  for (const path of ['/nothing', '/runs/a/b']) {
    const answer = await page.goto(site.url + path);
    assert.equal(answer!.status(), 404, path);
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await page.getByText(path, { exact: true }).waitFor();
    assert.equal(await page.title(), 'Page not found · Relumine');
    await page.getByRole('link', { name: 'All runs' }).last().click();
    await page.waitForURL(`${site.url}/`);
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  }
  await page.context().close();
});

test('a page whose file cannot be loaded says so, and a reload brings it', LIMIT, async () => {
  const page = await site.open('/nothing');
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await page.route(/assets\/runs-page/, (route) => route.abort());
  await page.goto(`${site.url}/`);
  await page.getByText('This part of the page could not be loaded').waitFor();
  await page.unroute(/assets\/runs-page/);
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  await page.context().close();
});

test('pages are fetched while the browser is idle, and open without the service', LIMIT, async () => {
  const page = await site.open('/nothing');
  const fetched = page.waitForEvent('requestfinished', (request) => request.url().includes('new-run-page'));
  await page.reload();
  await fetched;
  await page.waitForLoadState('networkidle');
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'New run' }).click();
  await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor();
  await page.context().close();
});
