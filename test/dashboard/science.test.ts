/** The panels of a run's page for a closer look, in a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { openSite, type Site } from '../support/site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 180_000 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

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
  await checkpoints.getByRole('button', { name: `Train on from step ${run.progress.step}` }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(run.id));
  const fork = await site.client.get(new URL(page.url()).pathname.split('/').at(-1)!);
  assert.equal(fork.parentId, run.id);
  await page.locator('.run-head .status', { hasText: 'succeeded' }).waitFor();
  await finish(page);
});

const RUNS: Record<string, Job> = { moons };

for (const [name, job] of Object.entries(RUNS)) {
  test(`the panels of ${name} fit every screen, and have no accessibility fault in either theme`, LIMIT, async () => {
    const { id } = await train(job);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await site.open(`/runs/${id}`, { colorScheme, reducedMotion: 'reduce' });
      await shown(page);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<AxeResult>('axe.run(document.querySelector(".science"))');
      assert.deepEqual(
        violations.map(({ id: rule, nodes }) => `${rule}: ${nodes.map(({ html }) => html).join(' | ')}`),
        [],
      );
      for (const width of [320, 390, 768, 1024, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        const [content, screen] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, innerWidth]',
        );
        assert.ok(content <= screen, `${name} is ${content} wide on a screen of ${screen}`);
      }
      await finish(page);
    }
  });
}

/** All of the panels, with their data. */
async function shown(page: Page): Promise<void> {
  await page.locator('.science .checkpoints').waitFor();
  await page.locator('.science .histograms .value-bars').waitFor();
  await page.locator('.science .sizes .size-chart svg[width]:not([width="0"])').first().waitFor();
}

async function finish(page: Page): Promise<void> {
  assert.deepEqual(site.complaints, []);
  await page.context().close();
}
