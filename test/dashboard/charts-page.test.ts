/** Charts in a real browser: everything that can be done to them, and what of it is in the address. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { number } from '../../src/dashboard/parts/format.ts';
import { Smoother, type Job } from '../../src/vocabulary/index.ts';
import { faultsInBothThemes } from '../support/axe.ts';
import { drag, tooWide, WIDTHS } from '../support/pages.ts';
import { openSite, type Site } from '../support/site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };

const job = (name: string, learningRate: number, seed: number, epochs: number): Job => ({
  name,
  experiment: 'charts',
  dataset: { name: 'spirals', samples: 600 },
  model: {
    layers: Array.from({ length: 2 }, () => ({ type: 'dense' as const, units: 12, activation: 'relu' as const })),
  },
  training: { epochs, batchSize: 32, seed, optimizer: { type: 'adam', learningRate } },
});

let site: Site;
/** More steps than the page holds points, so that smoothing and zooming ask the service. */
let long = '';
/** Two learning rates with three seeds each. */
const sweep: string[] = [];
before(async () => {
  site = await openSite();
  const submit = async (one: Job) => (await site.client.submit(one)).id;
  long = await submit(job('long', 0.02, 1, 120));
  for (const rate of [0.001, 0.03])
    for (const seed of [1, 2, 3]) sweep.push(await submit(job(`rate ${rate}`, rate, seed, 6)));
  for (const id of [long, ...sweep]) for await (const _ of site.client.watch(id, { snapshots: false }));
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

const chart = (page: Page, title: string): Locator =>
  page.locator('.chart').filter({ has: page.getByRole('heading', { name: title, exact: false }) });
const inAddress = (page: Page, key: string) => new URL(page.url()).searchParams.get(key);
const waitForAddress = (page: Page, key: string, value: string | null) =>
  page.waitForURL((url) => url.searchParams.get(key) === value);

async function openRun(query = ''): Promise<Page> {
  const page = await site.open(`/runs/${long}${query}`);
  await chart(page, 'Training and validation loss').locator('.u-over').waitFor();
  return page;
}

test(
  'a smoothed curve is the formula over all points; it is in the address, and the habit of its user',
  LIMIT,
  async () => {
    const page = await openRun();
    const loss = chart(page, 'Training and validation loss');
    await page.getByLabel('Smoothing, from 0 to 0.99').fill('0.8');
    await page.keyboard.press('Enter');
    await waitForAddress(page, 'smooth', '0.8');
    const { series } = await site.client.metrics(long, { points: 'all', keys: ['loss'] });
    const { steps, values } = series['loss']!;
    assert.ok(steps.length > 1200, 'more points than the page holds');
    // The range has two digits: 2,040 steps are 2,100.
    assert.equal(steps.at(-1), 2040);
    const smoother = new Smoother(0.8, 2100);
    let smoothed = Number.NaN;
    for (const [i, step] of steps.entries()) smoothed = smoother.next(step, values[i]!);
    const expected = `${number(values.at(-1))}smoothed ${number(smoothed)}`;
    await until(
      page,
      () => loss.locator('.legend li', { hasText: 'training' }).textContent(),
      (text) => text?.includes(expected) ?? false,
      expected,
    );
    assert.doesNotMatch((await chart(page, 'Learning rate').locator('.legend').textContent())!, /smoothed/);

    await page.reload();
    await loss.getByText(`smoothed ${number(smoothed)}`).waitFor();
    await page.goto(`${site.url}/runs/${sweep[0]}`);
    await waitForAddress(page, 'smooth', '0.8');
    const slider = page.getByLabel('Smoothing', { exact: true });
    assert.equal(await slider.inputValue(), '0.8');
    await slider.focus();
    await page.keyboard.press('Home');
    await waitForAddress(page, 'smooth', '0');
    await until(
      page,
      () => page.getByText(/smoothed \d/).count(),
      (count) => count === 0,
      'curves as they are',
    );
    await finish(page);
  },
);

test('the x axis counts steps, epochs, samples or time, and every chart can be logarithmic', LIMIT, async () => {
  const page = await openRun();
  for (const axis of ['epoch', 'samples trained on', 'time since the start', 'step']) {
    await page.getByLabel('X axis').selectOption(axis);
    await page.getByRole('heading', { name: `Gradient norm by ${axis}` }).waitFor();
  }
  const asked = page.waitForRequest((request) => request.url().includes('spacing=log'));
  await page.getByRole('button', { name: 'Log x axis' }).click();
  await asked;
  await waitForAddress(page, 'logx', '1');
  const scales = page.getByRole('button', { name: 'Log scale' });
  const count = await scales.count();
  assert.ok(count >= 7, String(count));
  for (let i = 0; i < count; i += 1) await scales.nth(i).click();
  assert.equal(inAddress(page, 'logy')!.split(',').length, count);
  // No neuron is dead before the first step: a logarithmic axis has neither that step nor that count.
  await chart(page, 'Dead or silent neurons')
    .getByText(/points? of 0 or less: not on a logarithmic axis/)
    .waitFor();
  await page.reload();
  await until(
    page,
    () => page.getByRole('button', { name: 'Log scale', pressed: true }).count(),
    (pressed) => pressed === count,
    'the same axes after a reload',
  );
  await finish(page);
});

test('a curve is hidden and shown by its name, by pointer and keyboard, alone with Shift', LIMIT, async () => {
  const page = await openRun();
  const legend = chart(page, 'Training and validation loss').locator('.legend');
  const training = legend.getByRole('button', { name: /^training/ }),
    validation = legend.getByRole('button', { name: /^validation/ });
  await training.click();
  await waitForAddress(page, 'hide', 'loss');
  assert.equal(await training.getAttribute('aria-pressed'), 'false');
  await training.focus();
  await page.keyboard.press('Enter');
  await waitForAddress(page, 'hide', null);
  await validation.focus();
  await page.keyboard.press('Shift+Enter');
  await waitForAddress(page, 'hide', 'loss');
  await page.keyboard.press('Shift+Enter');
  await waitForAddress(page, 'hide', null);
  await validation.dblclick();
  await waitForAddress(page, 'hide', 'loss');
  await page.goBack();
  await waitForAddress(page, 'hide', null);
  await page.goForward();
  await page.getByRole('button', { name: 'Show all curves' }).click();
  await waitForAddress(page, 'hide', null);
  await finish(page);
});

test('dragging zooms all charts, outliers are clipped and counted, and the cursor is shared', LIMIT, async () => {
  const page = await openRun();
  const loss = chart(page, 'Training and validation loss');
  const over = loss.locator('.u-over');
  const whole = page.getByRole('button', { name: 'Show the whole axis' });
  const isDone = (): boolean => {
    const [from = 0, to = 0] = inAddress(page, 'zoom')?.split('..').map(Number) ?? [];
    return Math.abs(from - 510) < 25 && Math.abs(to - 1020) < 25;
  };
  const undo = async (): Promise<void> => {
    if (inAddress(page, 'zoom') !== null) await whole.click();
  };
  await drag(page, over, { from: 0.25, to: 0.5 }, { isDone, undo });
  const accuracy = chart(page, 'Training and validation accuracy');
  await until(
    page,
    async () => {
      await over.hover();
      return accuracy.locator('.plot').getAttribute('aria-label');
    },
    (label) => /At 7\d\d/.test(label ?? ''),
    'the place under the pointer in another chart',
  );
  await page.mouse.move(0, 0);
  await whole.click();
  await waitForAddress(page, 'zoom', null);

  await page.getByRole('button', { name: 'Clip outliers' }).click();
  await waitForAddress(page, 'clip', '1');
  await chart(page, 'Gradient norm')
    .getByText(/\d+ points beyond the axis, marked at its edge/)
    .waitFor();

  const plot = loss.locator('.plot');
  await plot.focus();
  await page.keyboard.press('ArrowRight');
  await until(
    page,
    () => plot.getAttribute('aria-label'),
    (label) => /\. At \d/.test(label ?? ''),
    'a cursor by keyboard',
  );
  await page.keyboard.press('+');
  await page.waitForURL((url) => url.searchParams.has('zoom'));
  await page.keyboard.press('0');
  await waitForAddress(page, 'zoom', null);
  await finish(page);
});

test('one chart fills the screen until Escape, and is where an address says so', LIMIT, async () => {
  const page = await openRun();
  await chart(page, 'Gradient norm').getByRole('button', { name: 'Full screen' }).click();
  const full = page.getByRole('dialog', { name: 'Gradient norm' });
  await full.locator('.u-over').waitFor();
  const { width, height } = (await full.locator('.plot').boundingBox())!;
  assert.ok(width > 1100 && height > 600, `${width} x ${height}`);
  await page.reload();
  await full.locator('.u-over').waitFor();
  await page.keyboard.press('Escape');
  await full.waitFor({ state: 'detached' });
  await waitForAddress(page, 'full', null);
  await finish(page);
});

test('a chart is saved as SVG, PNG and CSV of what is seen', LIMIT, async () => {
  const page = await openRun('?x=epoch&hide=valLoss&zoom=1..2');
  const loss = chart(page, 'Training and validation loss');
  const save = async (kind: string): Promise<{ name: string; bytes: Buffer }> => {
    await loss.locator('summary[aria-label="Save this chart"]').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      loss.getByRole('button', { name: kind }).click(),
    ]);
    await loss.locator('summary[aria-label="Save this chart"]').click();
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  const csv = await save('CSV');
  assert.equal(csv.name, 'training-and-validation-loss.csv');
  const [head, ...rows] = csv.bytes.toString().trim().split('\r\n');
  assert.equal(head, 'epoch,Training and validation loss: training');
  const { series } = await site.client.metrics(long, { points: 'all', keys: ['loss'], fromStep: 17, toStep: 34 });
  const { steps, values } = series['loss']!;
  assert.deepEqual(
    rows,
    steps.map((step, i) => `${step / 17},${values[i]}`),
  );

  const svg = await save('SVG');
  assert.match(svg.bytes.toString(), /^<svg [^>]+>[^]*Training and validation loss[^]*>epoch<[^]*<\/svg>/);
  const png = await save('PNG');
  assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.bytes.readUInt32BE(16) >= 960, 'twice as many pixels as on the screen');
  await finish(page);
});

async function isNeuronThere(window: Page): Promise<void> {
  await window.locator('.pinned', { hasText: 'dense_1 · neuron 9' }).waitFor();
  await window.locator('.time .step', { hasText: /^step 580 of/ }).waitFor();
}

test('neuron 9 at a step is an address: another window opens it, and the back button leaves it', LIMIT, async () => {
  const page = await openRun();
  const slider = page.getByRole('slider', { name: 'Look back in time' });
  await slider.fill('580');
  await waitForAddress(page, 'step', '580');
  await slider.fill('581');
  await waitForAddress(page, 'step', '581');
  await page.goto(`${site.url}/runs/${long}?step=580&neuron=dense_1:9`);
  await isNeuronThere(page);
  const other = await site.open(new URL(page.url()).pathname + new URL(page.url()).search);
  await isNeuronThere(other);
  await other.context().close();

  await page.getByRole('button', { name: 'Unpin this neuron' }).click();
  await page.locator('.panel.pinned').waitFor({ state: 'detached' });
  await page.goBack();
  await isNeuronThere(page);
  await page.goForward();
  await page.locator('.panel.pinned').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'end', exact: true }).click();
  await waitForAddress(page, 'step', null);
  await page.goBack();
  await waitForAddress(page, 'step', '580');
  await finish(page);
});

test('the link that is copied opens what is on the screen', LIMIT, async () => {
  const page = await openRun('?logy=loss&smooth=0.5');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByLabel('Smoothing', { exact: true }).fill('0.6');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied').waitFor();
  const copied = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
  assert.equal(copied.pathname, `/runs/${long}`);
  assert.deepEqual(
    [...copied.searchParams],
    [
      ['logy', 'loss'],
      ['smooth', '0.6'],
    ],
  );
  await finish(page);
});

test(
  'a lost connection is shown with the age of the numbers, and goes away when the service is back',
  LIMIT,
  async () => {
    const { id } = await site.client.submit(job('watched', 0.001, 1, 200_000));
    const page = await site.open(`/runs/${id}`);
    await page.locator('.link-state', { hasText: 'live' }).waitFor();
    const banner = page.getByRole('alert').filter({ hasText: 'Connection lost' });
    assert.equal(await banner.count(), 0);
    await page.context().setOffline(true);
    await banner.getByText(/at \d\d:\d\d:\d\d\. The numbers on this page are from \d\d:\d\d:\d\d/).waitFor();
    await page.context().setOffline(false);
    await banner.waitFor({ state: 'detached' });

    await site.kill();
    await banner.getByText(/\d s old/).waitFor();
    await site.start();
    await banner.waitFor({ state: 'detached' });
    await page.locator('.link-state', { hasText: 'live' }).waitFor();
    await site.client.cancel(id);
    await page.locator('.run-head .status', { hasText: 'cancelled' }).waitFor();
    assert.equal(await banner.count(), 0);
    // The browser logs each request that finds no service, and questions about a model that was never stored.
    await finish(page, /ERR_|WebSocket|status of (503|404|409)/);
    await site.client.delete(id);
  },
);

const compare = (more = '') => `/compare?runs=${sweep.join()}${more}`;

test('runs are added to a comparison by search, taken away, and measured against a baseline', LIMIT, async () => {
  const page = await site.open(`/compare?runs=${sweep.slice(0, 2).join()}`);
  const rows = page.locator('.compared tbody tr');
  await rows.nth(1).waitFor();
  await page.getByLabel('Search runs to add').fill('long');
  await page.locator('.run-picker .found button', { hasText: 'long' }).click();
  await rows.nth(2).waitFor();
  assert.deepEqual(inAddress(page, 'runs')!.split(','), [...sweep.slice(0, 2), long]);

  // Two runs have the same name, so their ids tell them apart.
  await page.getByLabel(`rate 0.001 · ${sweep[0]!.slice(-5)} is the baseline`).check();
  await waitForAddress(page, 'base', sweep[0]!);
  const [base, other] = await Promise.all([site.client.get(sweep[0]!), site.client.get(long)]);
  const difference = other.summary.valLoss! - base.summary.valLoss!;
  const words = `${difference > 0 ? '+' : '−'}${number(Math.abs(difference))}`;
  await rows.filter({ hasText: 'long' }).locator('.delta', { hasText: words }).first().waitFor();
  assert.equal(await rows.first().locator('.delta').count(), 0, 'the baseline has no difference to itself');

  await page
    .getByRole('button', { name: /^Remove rate 0\.001 · / })
    .first()
    .click();
  await until(
    page,
    () => rows.count(),
    (count) => count === 2,
    'a run less',
  );
  assert.equal(inAddress(page, 'base'), null);
  await page.goBack();
  await until(
    page,
    () => rows.count(),
    (count) => count === 3,
    'the run again',
  );
  await finish(page);
});

test('a run has one colour in every comparison and in its list', LIMIT, async () => {
  const colourIn = async (path: string) => {
    const page = await site.open(path);
    const stroke = page
      .locator('.compared tbody tr', { has: page.locator(`a[href="/runs/${long}"]`) })
      .locator('.stroke line');
    const colour = await stroke.getAttribute('stroke');
    const legend = chart(page, 'Training loss').locator('.legend li', { hasText: 'long' }).locator('line');
    assert.equal(await legend.getAttribute('stroke'), colour);
    await page.context().close();
    return colour;
  };
  const colour = await colourIn(`/compare?runs=${long},${sweep[0]}`);
  assert.match(colour ?? '', /^#[0-9a-f]{6}$/);
  assert.equal(await colourIn(`/compare?runs=${sweep.join()},${long}`), colour);
});

test('settings that differ are listed alone or with all others', LIMIT, async () => {
  const page = await site.open(compare());
  const paths = page.locator('.differences tbody code');
  await paths.first().waitFor();
  const different = await paths.allTextContents();
  assert.ok(
    different.includes('training.optimizer.learningRate') && different.includes('training.seed'),
    different.join(),
  );
  assert.ok(!different.includes('training.batchSize'));
  await page.getByLabel('Differences only').uncheck();
  await paths.filter({ hasText: 'training.batchSize' }).waitFor();
  await waitForAddress(page, 'all', '1');
  assert.equal(await page.locator('.differences tr.differs').count(), different.length);
  await finish(page);
});

test('runs grouped by a setting are a mean with a band, with N at every step', LIMIT, async () => {
  const page = await site.open(compare());
  await page.getByLabel('Group by').selectOption('training.optimizer.learningRate');
  await waitForAddress(page, 'group', 'training.optimizer.learningRate');
  const groups = page.locator('.compared.groups tbody tr');
  await groups.nth(1).waitFor();
  assert.equal(await groups.count(), 2);
  const runs = await Promise.all(sweep.slice(0, 3).map((id) => site.client.get(id)));
  const losses = runs.map(({ summary }) => summary.valLoss!);
  const mean = losses.reduce((a, b) => a + b) / 3;
  const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 2);
  await groups
    .filter({ hasText: '0.001' })
    .getByText(`${number(mean)} ± ${number(deviation)}`)
    .first()
    .waitFor();

  const loss = chart(page, 'Validation loss');
  const legend = loss.locator('.legend li', { hasText: 'learningRate = 0.001 (N = 3)' });
  await legend.locator('b', { hasText: number(mean) }).waitFor();
  await page.locator('.charts-bar label', { hasText: /^Line/ }).locator('select').selectOption('median');
  await page.getByLabel('Band').selectOption('smallest to largest');
  await legend.locator('b', { hasText: number(losses.toSorted((a, b) => a - b)[1]) }).waitFor();
  await loss.scrollIntoViewIfNeeded();
  await loss.locator('.u-over').hover();
  await legend.getByText('N = 3 here').waitFor();
  await finish(page);
});

test(
  'charts with everything on fit every screen, and have no serious accessibility fault in either theme',
  LIMIT,
  async () => {
    const page = await site.open('/');
    for (const path of [
      `/runs/${long}?smooth=0.7&clip=1&logx=1&logy=loss,deadNeurons&x=time&zoom=0.001..9999&hide=valLoss&neuron=dense_1:9`,
      `/runs/${long}?full=loss`,
      compare(`&base=${sweep[0]}&group=training.optimizer.learningRate&smooth=0.7&clip=1&all=1`),
      compare('&full=loss'),
    ]) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(site.url + path);
      await page.locator('.chart .u-over').first().waitFor();
      assert.deepEqual(await faultsInBothThemes(page, { onlySerious: true }), [], path);
      assert.deepEqual(await tooWide(page, WIDTHS), []);
    }
    await finish(page);
  },
);

/** There were no problems except those that the test caused. */
async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    site.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}
