import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, beforeEach, test } from 'node:test';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Job } from '../../src/schemas/index.ts';
import { until } from './field-picture.ts';
import { openSite, type Site } from '../support/site.ts';

const LIMIT = { timeout: 120_000 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

const job = (name: string, activation: 'relu' | 'elu'): Job => ({
  name,
  experiment: 'pages',
  tags: [activation],
  dataset: { name: 'absolute', normalize: 'none' },
  model: { layers: Array.from({ length: 9 }, () => ({ type: 'dense' as const, units: 2, activation })) },
  training: { epochs: 20, batchSize: 128, seed: 3 },
});

let site: Site;
const ids: string[] = [];
before(async () => {
  site = await openSite();
  for (const [name, activation] of [
    ['narrow relu', 'relu'],
    ['narrow elu', 'elu'],
    ['to be deleted', 'relu'],
  ] as const) {
    const { id } = await site.client.submit(job(name, activation));
    for await (const _ of site.client.watch(id, { snapshots: false }));
    ids.push(id);
  }
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

test('runs are found, ordered, and deleted only after a question', LIMIT, async () => {
  const page = await site.open('/');
  const names = page.locator('table.runs .name');
  await names.nth(2).waitFor();
  assert.deepEqual(await names.allTextContents(), ['to be deleted', 'narrow elu', 'narrow relu']);

  await page.getByLabel('Search runs').fill('deleted');
  await until(
    page,
    () => names.count(),
    (count) => count === 1,
    'a shorter list',
  );
  assert.match(page.url(), /q=deleted/);
  await page.getByLabel('Search runs').fill('no such run');
  await page.getByText('No run fits these filters').waitFor();
  await page.getByRole('button', { name: 'Show all runs' }).click();
  await names.nth(2).waitFor();
  await page.getByLabel('Order').selectOption('createdAt');
  await until(
    page,
    () => names.first().textContent(),
    (name) => name === 'narrow relu',
    'the oldest run first',
  );

  const row = page.locator('tr', { hasText: 'to be deleted' });
  await row.hover();
  await row.getByRole('button', { name: 'Delete to be deleted' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await names.count(), 3);
  await row.hover();
  await row.getByRole('button', { name: 'Delete to be deleted' }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await row.waitFor({ state: 'detached' });
  await finish(page);
});

test('two runs stand side by side: curves, health of every layer, and what differs in their jobs', LIMIT, async () => {
  const page = await site.open('/');
  await page.getByLabel('Select narrow relu').check();
  await page.getByLabel('Select narrow elu').check();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.locator('.compared tbody tr').nth(1).waitFor();
  await page.locator('.strip > span').nth(17).waitFor();
  await page.locator('.differences tbody tr', { hasText: 'model.layers' }).waitFor();
  const legend = page.locator('.chart', { hasText: 'Loss' }).first().locator('.legend');
  assert.match((await legend.textContent()) ?? '', /narrow relu.*narrow elu/);
  await finish(page);
});

test('a form that is wrong says where, and does not start', LIMIT, async () => {
  const page = await site.open('/new');
  await page.getByRole('radio', { name: /Deep and narrow/ }).click();
  await page.locator('.notice.risk').waitFor();
  await page.getByLabel('Epochs').fill('minus one');
  await page.locator('.field', { hasText: 'Epochs' }).locator('.fault').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Start training' }).isDisabled());
  await page.getByLabel('Epochs').fill('3');
  await page.getByRole('button', { name: 'Start training', disabled: false }).waitFor();
  assert.match(await page.getByLabel('The job as JSON').inputValue(), /"epochs": 3/);
  await finish(page, /400 \(Bad Request\)/);
});

test('the keyboard alone leads from the list to a new run and into its field', LIMIT, async () => {
  const page = await site.open('/');
  await page.locator('table.runs .name').first().waitFor();
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i += 1) await page.keyboard.press(key);
  };
  const tabTo = async (wished: string) => {
    for (let i = 0; i < 60; i += 1) {
      await press('Tab');
      if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(wished)})`)) return;
    }
    assert.fail(`Tab does not reach ${wished}`);
  };
  await tabTo('.skip');
  await tabTo('.page-head .button.primary');
  await press('Enter');
  await page.waitForURL(/\/new$/);
  await tabTo('button.primary');
  await page.locator('.notice.risk').waitFor();
  await press('Enter');
  await page.waitForURL(/\/runs\/run_/);
  await page.locator('.field-frame canvas').first().waitFor();
  await tabTo('.field-frame');
  await press('ArrowDown');
  await page.locator('.neuron-note', { hasText: 'neuron 0' }).waitFor();
  await press('Enter');
  await page.locator('.panel.pinned').waitFor();
  await finish(page);
});

test('a narrow screen scrolls down only, on every page', LIMIT, async () => {
  const page = await site.open('/', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  for (const path of pages()) {
    await page.goto(site.url + path);
    await settled(page);
    const [content, screen] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    assert.ok(content <= screen, `${path} is ${content} wide on a screen of ${screen}`);
  }
  await finish(page);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no page has a serious accessibility fault in the ${colorScheme} theme`, LIMIT, async () => {
    const page = await site.open('/', { colorScheme, reducedMotion: 'reduce' });
    for (const path of pages()) {
      await page.goto(site.url + path);
      await settled(page);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<AxeResult>('axe.run()');
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      assert.deepEqual(
        serious.map(
          ({ id, nodes }) =>
            `${path} ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
        ),
        [],
      );
    }
    await finish(page);
  });
}

test('an address without a run, and one without a page, say what to do next', LIMIT, async () => {
  const page = await site.open('/runs/run_doesnotexist');
  await page.getByText('There is no such run').waitFor();
  await page.getByRole('link', { name: 'All runs' }).last().click();
  await page.waitForURL(`${site.url}/`);
  await finish(page, /404/);
});

test('the chosen theme is kept over a reload', LIMIT, async () => {
  const page = await site.open('/', { colorScheme: 'light' });
  await page.getByRole('button', { name: 'Use the dark theme' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Use the light theme' }).waitFor();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await finish(page);
});

const pages = () => ['/', '/new', `/runs/${ids[0]}`, `/compare?runs=${ids[0]},${ids[1]}`];

/** Each page shows its own data. */
async function settled(page: Page): Promise<void> {
  await page.locator('table.runs .name, .notice.risk, .field-frame canvas, .strip > span').first().waitFor();
}

/** Nothing went wrong but what the test itself brought about. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    site.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
