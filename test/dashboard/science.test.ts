/** The panels of a run's page for a closer look, in a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { faultsInBothThemes } from '../support/axe.ts';
import { scrollTo, tooWide, WIDTHS } from '../support/pages.ts';
import { openSite, type Site } from '../support/site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

async function train(job: Job): Promise<Run> {
  const { id } = await site.client.submit(job);
  for await (const _ of site.client.watch(id, { snapshots: false }));
  return site.client.get(id);
}

const moons: Job = {
  name: 'moons',
  dataset: { name: 'moons', samples: 300 },
  model: {
    layers: [
      { type: 'dense', units: 12 },
      { type: 'dense', units: 6, activation: 'tanh' },
    ],
  },
  training: { epochs: 6, batchSize: 30, seed: 1, optimizer: { type: 'adam', learningRate: 0.01 } },
};

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('sizes and histograms are those of the verdict at the step on screen', LIMIT, async () => {
  const run = await train(moons);
  const [{ steps, layers }, histograms] = await Promise.all([
    site.client.layers(run.id),
    site.client.histograms(run.id, { layer: 'dense_2', kind: 'activations' }),
  ]);
  const page = await site.open(`/runs/${run.id}`);
  const sizes = panel(page, 'Sizes of weights, gradients and updates');
  await sizes.getByText(`at step ${run.progress.step}`).waitFor();
  assert.equal(await sizes.getByRole('row').count(), 1 + layers.length);
  assert.equal(await sizes.getByRole('img', { name: /Update-to-weight ratio/ }).count(), 1);
  await sizes.getByText('usual: around 0.001').waitFor();

  const overflow = await page
    .locator('.field-legend .ticks')
    .evaluate<number, { scrollWidth: number; clientWidth: number }>(
      ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
    );
  assert.ok(overflow <= 0, `the scale of the neurons is ${overflow} px too wide`);

  const shapes = panel(page, 'Histograms');
  await shapes.getByRole('button', { name: 'Activations' }).click();
  await shapes.getByRole('combobox', { name: 'Layer' }).selectOption('dense_2');
  const newest = histograms.layers[0]!.histograms.at(-1)!;
  await shapes.getByText(`Step ${run.progress.step}`, { exact: true }).waitFor();
  await shapes.getByText(new RegExp(`^${newest.count.toLocaleString('en')} values from `)).waitFor();
  const drawnPixels = () =>
    page.evaluate<number>(`(() => {
      const canvas = document.querySelector('.heat canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    })()`);
  await until(page, drawnPixels, (drawn) => drawn > 100, 'a drawn strip');

  // The arrow keys of the slider go back in time, and both panels follow.
  await page.getByRole('slider', { name: 'Look back in time' }).focus();
  await page.keyboard.press('Home');
  await sizes.getByText('at step 0').waitFor();
  await shapes.getByText('Step 0', { exact: true }).waitFor();

  await shapes.getByText('All steps as a table').click();
  assert.equal(await shapes.getByRole('row').count(), 1 + steps.length);
  await finish(page);
});

test('every checkpoint that is kept can be downloaded, and trained on from', LIMIT, async () => {
  const run = await train({ ...moons, name: 'to fork' });
  const page = await site.open(`/runs/${run.id}`);
  const checkpoints = panel(page, 'Checkpoints');
  const { data } = await site.client.checkpoints(run.id);
  await checkpoints.getByText('final').waitFor();
  assert.equal(await checkpoints.getByRole('row').count(), 1 + data.length);
  for (const { step } of data) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      checkpoints.getByRole('link', { name: `json, model of step ${step}` }).click(),
    ]);
    const model = JSON.parse(readFileSync(await download.path(), 'utf8')) as { step: number };
    assert.equal(model.step, step);
  }
  const trainOn = checkpoints.getByRole('button', { name: `Train on from step ${run.progress.step}` });
  const dialog = page.getByRole('dialog', { name: `Train on from step ${run.progress.step}?` });
  await trainOn.click();
  await dialog.getByText(/trains 6 epochs with the same settings/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  for await (const { parentId } of site.client.list()) assert.notEqual(parentId, run.id, 'nothing was started');
  await trainOn.click();
  await dialog.getByRole('button', { name: 'Start the new run' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(run.id));
  const fork = await site.client.get(new URL(page.url()).pathname.split('/').at(-1)!);
  assert.equal(fork.parentId, run.id);
  await page.locator('.run-head .status', { hasText: 'succeeded' }).waitFor();
  await finish(page);
});

const iris: Job = {
  name: 'iris',
  dataset: { name: 'iris', validationSplit: 0.3, seed: 5 },
  model: { layers: [{ type: 'dense', units: 4 }] },
  training: { epochs: 3, batchSize: 16, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
};
const digits: Job = {
  name: 'digits',
  dataset: { name: 'mnist', limit: 1500, validationSplit: 0.3 },
  model: { layers: [{ type: 'dense', units: 16 }] },
  training: { epochs: 1, batchSize: 64, seed: 1 },
};
const sine: Job = {
  name: 'sine',
  dataset: { name: 'sine', samples: 120 },
  model: { layers: [{ type: 'dense', units: 12, activation: 'tanh' }] },
  training: { epochs: 4, batchSize: 16, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
};
/** A saddle: two inputs and a target that is a number. */
const saddle: Job = {
  name: 'saddle',
  dataset: {
    inputs: Array.from({ length: 100 }, (_, i) => [Math.sin(1.7 * i), Math.cos(2.3 * i)]),
    targets: Array.from({ length: 100 }, (_, i) => Math.sin(1.7 * i) * Math.cos(2.3 * i)),
    task: 'regression',
  },
  model: { layers: [{ type: 'dense', units: 8 }] },
  training: { epochs: 3, seed: 1 },
};

test('a panel whose question could not be answered asks again', LIMIT, async () => {
  const run = await train(moons);
  const page = await site.open('/');
  const away = { code: 'DATABASE_UNAVAILABLE', message: 'The database does not respond.', details: [] };
  const tooMany = { code: 'RATE_LIMITED', message: 'There were more than 600 requests from you.', details: [] };
  const refused = new Set<string>();
  // Until it was seen.
  let isAway = true;
  await page.route(/\/(confusion|layers)\b/, (route) => {
    const { pathname } = new URL(route.request().url());
    if (refused.has(pathname) && !(isAway && pathname.endsWith('/confusion'))) return route.continue();
    refused.add(pathname);
    return pathname.endsWith('/layers')
      ? route.fulfill({ status: 429, json: { error: tooMany } })
      : route.fulfill({ status: 503, json: { error: away } });
  });
  await page.goto(`${site.url}/runs/${run.id}`);
  await panel(page, 'Sizes of weights, gradients and updates').getByText(`at step ${run.progress.step}`).waitFor();
  const confusion = panel(page, 'Confusion matrix');
  await scrollTo(confusion, confusion.getByText(away.message));
  isAway = false;
  await confusion.locator('.matrix button').first().waitFor();
  assert.equal(refused.size, 2);
  for (const { message } of [away, tooMany]) assert.equal(await page.getByText(message).count(), 0);
  await page.context().close();
  site.complaints.length = 0;
});

test('a cell of the confusion matrix opens its samples, by the keyboard alone', LIMIT, async () => {
  const run = await train(iris);
  const { counts, classes } = await site.client.confusion(run.id);
  const page = await site.open(`/runs/${run.id}`);
  const confusion = panel(page, 'Confusion matrix');
  const cells = confusion.locator('.matrix button');
  await scrollTo(confusion, cells.first());
  assert.deepEqual(
    (await cells.allInnerTexts()).map((text) => Number(text.split(/\s/)[0])),
    counts.flat(),
  );
  const actual = 1,
    predicted = counts[1]!.indexOf(Math.max(...counts[1]!));
  await cells.first().focus();
  for (const key of ['ArrowDown', ...Array<string>(predicted).fill('ArrowRight'), 'Enter'])
    await page.keyboard.press(key);
  const samples = page.getByRole('group', { name: `Samples of ${classes[actual]}, predicted ${classes[predicted]}` });
  await samples.getByRole('columnheader', { name: 'petal length' }).waitFor();
  const { cell } = await site.client.confusion(run.id, { actual, predicted, limit: 24 });
  assert.equal(await samples.getByRole('row').count(), 1 + cell!.samples.length);
  const [first] = cell!.samples;
  await samples.getByRole('row', { name: new RegExp(`^#${first!.index} `) }).waitFor();
  await page.keyboard.press('Enter');
  await samples.waitFor({ state: 'detached' });

  await confusion.getByRole('combobox', { name: 'Part of the data' }).selectOption('training');
  await confusion.getByText(/training samples at step/).waitFor();
  await finish(page);
});

test('samples that are images are shown as pictures', LIMIT, async () => {
  const run = await train(digits);
  const page = await site.open(`/runs/${run.id}`);
  const confusion = panel(page, 'Confusion matrix');
  await scrollTo(confusion, confusion.locator('.confused button').first());
  await confusion.locator('.confused button').first().click();
  await confusion
    .getByRole('img', { name: /^Sample \d+: \d, predicted \d$/ })
    .first()
    .waitFor();
  const isDrawn = () =>
    page.evaluate<boolean>(`(() => {
      const canvas = document.querySelector('.pictures canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, index) => index % 4 !== 3 && value > 128);
    })()`);
  await until(page, isDrawn, Boolean, 'a picture');
  await finish(page);
});

for (const [job, name, words] of [
  [moons, 'Decision boundary', /^Regions of the classes over x1 from .* with 300 samples\.$/],
  [saddle, 'Learned surface', /^Predicted values over x1 from .* with 100 samples\.$/],
  [sine, 'Fit curve', /^Predictions over x1 from .* with 120 samples\.$/],
] as const)
  test(`${job.name}: ${name.toLowerCase()} with the samples of both parts`, LIMIT, async () => {
    const run = await train(job);
    const page = await site.open(`/runs/${run.id}`);
    const drawn = panel(page, name);
    await scrollTo(drawn, drawn.getByRole('img', { name: words }));
    await drawn.getByText(`at step ${run.progress.step}`).waitFor();
    await drawn.getByRole('combobox', { name: 'Checkpoint' }).selectOption('best');
    await drawn.getByText(`at step ${run.summary.bestStep}`).waitFor();
    await finish(page);
  });

test('the boundary moves with the checkpoints of a run that trains', LIMIT, async () => {
  const { id } = await site.client.submit({
    ...moons,
    // So large and so many steps that the run is not over before it is cancelled, however slow the page is.
    model: { layers: [256, 256].map((units) => ({ type: 'dense', units, activation: 'relu' })) },
    training: { ...moons.training, epochs: 100_000, batchSize: 1 },
    telemetry: { checkpointEverySeconds: 0.5 },
  });
  try {
    const page = await site.open(`/runs/${id}`);
    const boundary = panel(page, 'Decision boundary');
    const stepOf = async () =>
      Number(/step ([\d,]+)/.exec(await boundary.innerText().catch(() => ''))?.[1]?.replaceAll(',', '') ?? 0);
    await until(
      page,
      async () => {
        await boundary.scrollIntoViewIfNeeded();
        return stepOf();
      },
      (step) => step > 0,
      'a first boundary',
    );
    const first = await stepOf();
    await until(page, stepOf, (step) => step > first, 'a later boundary');
    await site.client.cancel(id);
    await page.locator('.run-head .status', { hasText: 'cancelled' }).waitFor();
    const { progress } = await site.client.get(id);
    await until(page, stepOf, (step) => step === progress.step, 'the last boundary');
    await finish(page);
  } finally {
    // A run that trains on would take a core from all other tests.
    await site.client.delete(id);
  }
});

test('what a data set that was deleted leaves is a word, and the other panels', LIMIT, async () => {
  const inputs = Array.from({ length: 60 }, (_, i) => [i % 7, i % 5]);
  const targets = inputs.map(([a = 0, b = 0]) => Number(a > b));
  const { id } = await site.client.uploadDataset({ inputs, targets, task: 'classification' });
  const run = await train({ ...iris, name: 'gone', dataset: { id: id! } });
  await site.client.deleteDataset(id!, { force: true });
  const page = await site.open(`/runs/${run.id}`);
  const confusion = panel(page, 'Confusion matrix');
  await scrollTo(confusion, confusion.getByText(/data set was deleted/));
  await panel(page, 'Checkpoints').waitFor();
  // The browser itself logs answers that are no success.
  const others = site.complaints.splice(0).filter((line) => !/status of 404/.test(line));
  assert.deepEqual(others, []);
  await page.context().close();
});

const RUNS: Record<string, Job> = { moons, iris, digits, sine, saddle };

for (const [name, job] of Object.entries(RUNS)) {
  test(`the panels of ${name} fit every screen, and have no accessibility fault in either theme`, LIMIT, async () => {
    const { id } = await train(job);
    const page = await site.open(`/runs/${id}`);
    await shown(page);
    assert.deepEqual(await faultsInBothThemes(page, { part: '.science' }), []);
    assert.deepEqual(await tooWide(page, WIDTHS), []);
    await finish(page);
  });
}

/** All of the panels, with their data. */
async function shown(page: Page): Promise<void> {
  await page.locator('.science .checkpoints').waitFor();
  for (const name of ['confusion', 'function']) {
    const drawn = page.locator(`.science .${name}`);
    if ((await drawn.count()) === 0) continue;
    await scrollTo(drawn, drawn.locator('.matrix, figure').first());
    const pair = drawn.locator('.confused button').first();
    if ((await pair.count()) === 0) continue;
    await pair.click();
    await drawn.locator('.cell-samples :is(table, canvas)').first().waitFor();
  }
  await page.locator('.science .histograms .value-bars').waitFor();
  await page.locator('.science .sizes .size-chart svg[width]:not([width="0"])').first().waitFor();
}

async function finish(page: Page): Promise<void> {
  assert.deepEqual(site.complaints, []);
  await page.context().close();
}
