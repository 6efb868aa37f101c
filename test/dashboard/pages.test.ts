import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Job } from '../../src/vocabulary/index.ts';
import { until } from './field-picture.ts';
import { faultsInBothThemes } from '../support/axe.ts';
import { tooWide, WIDTHS } from '../support/pages.ts';
import { openSite, type Site } from '../support/site.ts';

const LIMIT = { timeout: 300_000 };

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

test('runs are found, sorted, and deleted only after confirmation', LIMIT, async () => {
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
  await page.waitForURL(/q=deleted/);
  await page.getByLabel('Search runs').fill('no such run');
  await page.getByText('No runs match these filters').waitFor();
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
  await page.getByRole('button', { name: 'Keep run' }).click();
  assert.equal(await names.count(), 3);
  await row.hover();
  await row.getByRole('button', { name: 'Delete to be deleted' }).click();
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await row.waitFor({ state: 'detached' });
  await finish(page);
});

test('two runs are compared: curves, health of every layer, and differences between their jobs', LIMIT, async () => {
  const page = await site.open('/');
  await page.getByLabel('Select narrow relu').check();
  await page.getByLabel('Select narrow elu').check();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.locator('.compared tbody tr').nth(1).waitFor();
  await page.locator('.strip > span').nth(17).waitFor();
  // A silent neuron is no dead one: each has a count of its own.
  assert.match(await page.locator('.compared tbody tr', { hasText: 'narrow relu' }).innerText(), /\d+\s+dead\s+of 18/);
  await page.locator('.differences tbody tr', { hasText: 'model.layers' }).waitFor();
  // Curves have their own requests, so neither the table nor the strips show that they have arrived.
  await page
    .locator('.chart', { hasText: 'Training loss' })
    .locator('.legend', { hasText: /narrow relu.*narrow elu/ })
    .waitFor();
  await finish(page);
});

test('an invalid form says where, and does not start', LIMIT, async () => {
  const page = await site.open('/new');
  await page.getByRole('radio', { name: /Deep and narrow/ }).click();
  await page.locator('.notice.valid').waitFor();
  await page.getByLabel('Epochs').fill('minus one');
  await page.locator('.field', { hasText: 'Epochs' }).locator('.fault').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Start training' }).isDisabled());
  await page.getByLabel('Epochs').fill('3');
  await page.getByRole('button', { name: 'Start training', disabled: false }).waitFor();
  assert.match(await page.getByLabel('Job as JSON').inputValue(), /"epochs": 3/);
  await finish(page, /400 \(Bad Request\)/);
});

test('every unset field of the form shows what the service would use', LIMIT, async () => {
  const bare = {
    dataset: { name: 'moons' },
    model: {
      layers: [
        { type: 'dense', units: 8 },
        { type: 'batchNormalization' },
        { type: 'activation', activation: 'selu' },
        { type: 'dense', units: 4, activation: { type: 'leakyRelu' } },
        { type: 'layerNormalization' },
        { type: 'dense', units: 4 },
      ],
    },
    training: { optimizer: { type: 'adamw' }, schedule: { type: 'reduceOnPlateau' } },
  };
  const { spec } = await site.client.validate(bare);
  const page = await site.open('/new');
  await page.getByLabel('Job as JSON').fill(JSON.stringify(bare));
  await page.locator('.notice.valid').waitFor();
  // The list of data sets has arrived too: its figures are placeholders.
  await page.locator('[name="dataset.samples"]').waitFor();
  const shown = await page.evaluate<[name: string, text: string][]>(
    `[...document.querySelectorAll('form [name]')].map((field) => [field.name,
      field.type === 'checkbox' ? String(field.checked)
      : field.tagName === 'SELECT' ? field.selectedOptions[0].textContent
      : field.value || field.placeholder])`,
  );
  /** Values that depend on more than the form knows are described in words. */
  const inWords: Record<string, string> = {
    name: 'default: data set, layers, activation',
    experiment: 'none',
    'training.seed': 'random',
    'training.loss': 'auto',
    'training.clipNorm': 'off',
    'training.stopping': 'off',
    'training.classWeights': 'none',
  };
  for (const [name, text] of shown) {
    const used = name.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], spec);
    const value = typeof used === 'object' && used !== null && 'type' in used ? used.type : used;
    // After a default that depends on other fields, the reason is in brackets.
    if (name in inWords) assert.equal(text, inWords[name], name);
    else assert.equal(text.replace(/ \(.*\)$/, ''), String(value), name);
  }
  const names = shown.map(([name]) => name);
  for (const name of ['training.optimizer.beta2', 'training.schedule.patience', 'model.layers.0.kernelInitializer'])
    assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`);
  assert.ok(names.length >= 40, String(names.length));
  await finish(page);
});

test('the form offers what fits the task, and submits early stopping and weights of classes', LIMIT, async () => {
  const page = await site.open('/new');
  await page.locator('.notice.valid').waitFor();
  const offered = async () => {
    const found: string[] = [];
    for (const label of ['Normalize targets', 'Output activation', 'Class weights'])
      if ((await page.getByLabel(label).count()) > 0) found.push(label);
    return found.join();
  };
  await page.locator('[name="dataset.name"]').selectOption('absolute');
  await until(page, offered, (found) => found === 'Normalize targets,Output activation', 'the fields of a regression');
  await page.locator('[name="dataset.name"]').selectOption('moons');
  await until(page, offered, (found) => found === 'Class weights', 'the fields of a classification');

  await page.getByLabel('Class weights').selectOption('given numbers');
  await page.getByLabel('Weight of each class').fill('1, 2.5');
  await page.getByLabel('Early stopping').selectOption('validation loss');
  await page.getByLabel('Stopping patience').fill('4');
  await page.getByLabel('Epochs').fill('2');
  await page.getByRole('button', { name: 'Start training', disabled: false }).click();
  await page.waitForURL(/\/runs\/run_/);
  const { spec } = await site.client.get(page.url().split('/').at(-1)!);
  assert.deepEqual(spec.training.classWeights, [1, 2.5]);
  assert.deepEqual(spec.training.stopping, { metric: 'valLoss', patience: 4, minDelta: 0 });
  await finish(page);
});

test('the final and the best weights of a run are downloaded, each by its own link', LIMIT, async () => {
  const run = await site.client.get(ids[1]!);
  assert.equal(typeof run.summary.bestStep, 'number');
  const page = await site.open(`/runs/${run.id}`);
  await page.locator('summary', { hasText: 'Model' }).click();
  for (const [title, step] of [
    ['Final weights', run.progress.step],
    ['Best weights', run.summary.bestStep],
  ] as const) {
    const link = page.getByRole('group', { name: new RegExp(`^${title}, step`) }).getByRole('link', { name: /JSON/ });
    const answer = await fetch(new URL((await link.getAttribute('href')) ?? '', site.url));
    assert.equal(((await answer.json()) as { step: number }).step, step);
  }
  await finish(page);
});

test('names in any script fit their place, and are found however their accents are typed', LIMIT, async () => {
  const name = 'שלום re\u0301seau 深層 👩‍👩‍👧';
  const { id } = await site.client.submit({ ...job(name, 'relu'), tags: ['تجربة', 'e\u0301te\u0301'] });
  for await (const _ of site.client.watch(id, { snapshots: false }));
  const page = await site.open('/');
  const names = page.locator('table.runs .name');
  for (const typed of ['r\u00E9seau', 're\u0301seau', '\u00E9t\u00E9', '👩‍👩‍👧', 'שלום']) {
    await page.getByLabel('Search runs').fill(typed);
    await page.waitForURL((url) => url.searchParams.get('q') === typed.normalize('NFC'));
    const found = () => names.allTextContents();
    await until(
      page,
      found,
      (texts) => texts.length === 1 && texts[0] === name.normalize('NFC'),
      `one run for ${typed}`,
    );
    await page.getByLabel('Search runs').fill('');
    await page.waitForURL((url) => !url.searchParams.has('q'));
    await names.nth(1).waitFor();
  }
  await page.getByRole('button', { name: '\u00E9t\u00E9' }).click();
  await page.waitForURL(/tag=/);
  await names.filter({ hasText: '深層' }).waitFor();
  await names.first().click();
  await page.waitForURL(`${site.url}/runs/${id}`);
  await page.getByRole('heading', { level: 1, name: name.normalize('NFC') }).waitFor();
  await site.client.delete(id);
  await finish(page, /404/);
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
  await page.getByRole('button', { name: 'Start training', disabled: false }).waitFor();
  await tabTo('button.primary');
  await page.locator('.notice.valid').waitFor();
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

/** Styles of other pages, which are fetched while the browser is idle, must change nothing. */
const STYLE_SHEETS = ['runs-page', 'new-run-page', 'run', 'compare-page'];

/** What changes with the width of the screen, or by styles that come later, is there. */
async function whole(page: Page, path: string): Promise<void> {
  await settled(page);
  if (path.startsWith('/runs/')) await page.locator('.diagnosis .piece').first().waitFor();
  for (const name of STYLE_SHEETS)
    await until(
      page,
      () => page.evaluate<string[]>('[...document.styleSheets].map(({ href }) => href)'),
      (hrefs) => hrefs.some((href) => new RegExp(`/${name}-[\\w-]{8}\\.css$`).test(href)),
      `the styles of ${name}`,
    );
}

test('every page scrolls down only on phones of any width', LIMIT, async () => {
  const widths = WIDTHS.filter((width) => width < 600);
  const page = await site.open('/', { viewport: { width: widths[0]!, height: 844 }, hasTouch: true, isMobile: true });
  for (const path of pages()) {
    await page.goto(site.url + path);
    await whole(page, path);
    assert.deepEqual(await tooWide(page, widths), []);
  }
  await finish(page);
});

test('every page fits every screen, and has no serious accessibility fault in either theme', LIMIT, async () => {
  const page = await site.open('/');
  for (const path of pages()) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(site.url + path);
    await whole(page, path);
    assert.deepEqual(await faultsInBothThemes(page, { onlySerious: true }), [], path);
    assert.deepEqual(
      await tooWide(
        page,
        WIDTHS.filter((width) => width >= 600),
      ),
      [],
    );
  }
  await finish(page);
});

test('an address without a run or a page says what to do next', LIMIT, async () => {
  const page = await site.open('/runs/run_doesnotexist');
  await page.getByText('Run not found').waitFor();
  await page.getByRole('link', { name: 'All runs' }).last().click();
  await page.waitForURL(`${site.url}/`);
  await finish(page, /404/);
});

test('while nobody is registered, nothing of a team is on the pages', LIMIT, async () => {
  const page = await site.open('/sign-in');
  await page.waitForURL(`${site.url}/`);
  for (const path of pages()) {
    await page.goto(site.url + path);
    await settled(page);
    for (const name of [/^Account of/, 'Share'])
      assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, `${path} ${name}`);
    for (const role of ['combobox', 'checkbox'] as const)
      assert.equal(await page.getByRole(role, { name: /^(Project|Mine)$/ }).count(), 0, path);
    assert.equal(await page.getByRole('region', { name: 'Comments' }).count(), 0, path);
    assert.equal(await page.getByText(/^created .* by/).count(), 0, path);
  }
  await finish(page);
});

test('the chosen theme survives a reload', LIMIT, async () => {
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
  await page.locator('table.runs .name, .notice.valid, .field-frame canvas, .strip > span').first().waitFor();
}

/** There were no problems except those that the test caused. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    site.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
