/** From a diagnosis to the next run, by mouse and by keyboard. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import {
  adviceName,
  effectInWords,
  FIGURES,
  mergePatch,
  wordsOf,
  type Advice,
  type Job,
  type Run,
} from '../../src/vocabulary/index.ts';
import { openSite, type Site } from '../support/site.ts';

const LIMIT = { timeout: 300_000 };

/** Updates that are too large: neurons die in training, and the diagnosis has something to advise. */
const DYING: Job = {
  name: 'dying',
  experiment: 'diagnosis',
  tags: ['relu'],
  notes: 'kept',
  metadata: { owner: 'a person' },
  dataset: { name: 'spirals', samples: 400 },
  model: {
    layers: Array.from({ length: 3 }, () => ({ type: 'dense', units: 16, activation: 'relu' })),
    output: { kernelInitializer: { type: 'orthogonal', gain: 2 } },
  },
  training: { epochs: 30, seed: 1, optimizer: { type: 'sgd', learningRate: 0.3, momentum: 0.9 } },
  telemetry: { checkpointEverySeconds: 60 },
};

let site: Site;
let run: Run;
let first: Advice;
before(async () => {
  site = await openSite();
  run = await finished((await site.client.submit(DYING)).id);
  [first = assert.fail('no advice')] = (await site.client.diagnosis(run.id)).advice;
  assert.notEqual(first.code, 'none');
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

test('findings say how serious they are, and open their evidence by the keyboard alone', LIMIT, async () => {
  const page = await site.open(`/runs/${run.id}`);
  const finding = page.locator('.findings li', { has: page.locator('summary') }).first();
  await finding.waitFor();
  assert.match((await finding.locator('.severity').textContent()) ?? '', /^(Critical|Warning|Note)$/);
  assert.doesNotMatch((await page.locator('.diagnosis').textContent()) ?? '', /% sure|confidence|evidence score/);
  const figures = finding.locator('.evidence dt');
  assert.equal(await figures.first().isVisible(), false);
  await focusByTab(page, finding.locator('summary'));
  await page.keyboard.press('Enter');
  await figures.first().waitFor({ state: 'visible' });
  await finish(page);
});

test('the change is on screen before it is pressed, and the limits open without a mouse', LIMIT, async () => {
  const page = await site.open(`/runs/${run.id}`);
  const piece = page.locator('.piece.first');
  await piece.waitFor();
  assert.deepEqual(await changesIn(piece), linesOf(first));
  const limits = piece.getByText(first.limits);
  assert.equal(await limits.isVisible(), false);
  await focusByTab(page, piece.locator('summary'));
  await page.keyboard.press('Space');
  await limits.waitFor({ state: 'visible' });
  await finish(page);
});

test('a run made from advice is linked to its parent, and says what changed and what came of it', LIMIT, async () => {
  const page = await site.open(`/runs/${run.id}`);
  await page
    .locator('.piece.first')
    .getByRole('button', { name: /^Run it/ })
    .click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(run.id));
  const made = await finished(page.url().split('/').at(-1)!);
  assert.equal(made.parentId, run.id);
  const origin = page.getByRole('region', { name: 'Where this run comes from' });
  await origin.getByText('Result').waitFor();
  const lines = await changesIn(origin);
  assert.deepEqual(lines.slice(0, made.change.length), linesOf(first));
  assert.match(
    lines.join('; '),
    /dead or silent neurons \d+ becomes \d+; validation accuracy [\d.]+.%? becomes [\d.]+.%/,
  );
  await origin.getByRole('link', { name: run.name }).click();
  await page.waitForURL(`${site.url}/runs/${run.id}`);
  await finish(page);
});

test('the form opens with the advised job, whole, and the run made there keeps its parent', LIMIT, async () => {
  const page = await site.open(`/runs/${run.id}`);
  await page
    .locator('.piece.first')
    .getByRole('link', { name: /^Open in form/ })
    .click();
  await page.waitForURL(/\/new\?from=/);
  await page.locator('.notice.valid').waitFor();
  const shown = JSON.parse(await page.getByLabel('Job as JSON').inputValue()) as Job;
  const { name, parentId, ...job } = shown;
  const { name: _name, ...expected } = mergePatch(run.spec, first.patch) as Job;
  assert.deepEqual(job, expected);
  assert.equal(parentId, run.id);
  assert.match(name ?? '', /^dying \+ /);
  const note = page.locator('.parent-note');
  await note.locator('.change li').first().waitFor();
  assert.deepEqual(await changesIn(note), linesOf(first));

  // A reload keeps the job, and what is changed by hand is added to what is shown.
  await page.reload();
  await page.getByLabel('Epochs').fill('7');
  await note.getByText(/epochs/).waitFor();
  await page.getByRole('button', { name: 'Start training', disabled: false }).click();
  await page.waitForURL(/\/runs\/run_/);
  const made = await site.client.get(page.url().split('/').at(-1)!);
  assert.equal(made.parentId, run.id);
  assert.ok(made.change.some(({ path, to }) => path === 'training.epochs' && to === 7));
  assert.deepEqual(made.metadata, DYING.metadata);
  await finished(made.id);
  await finish(page);
});

/** Weights that decay faster than they learn: there are few things to try. */
const DECAYED: Job = {
  name: 'decayed',
  dataset: { name: 'moons', samples: 200 },
  model: { layers: [{ type: 'dense', units: 8 }] },
  training: { epochs: 30, seed: 1, optimizer: { type: 'adamw', learningRate: 0.01, weightDecay: 30 } },
};

test('the remedies are tried, and what was measured orders the advice', LIMIT, async () => {
  const { id } = await finished((await site.client.submit(DECAYED)).id);
  const page = await site.open(`/runs/${id}`);
  const trials = page.locator('.trials');
  await trials.getByRole('button', { name: 'Try the remedies' }).click();
  await trials.getByRole('progressbar').waitFor();
  await trials.getByRole('button', { name: 'Try again' }).waitFor();
  // A page that is opened later shows the same.
  for (const isReloaded of [false, true]) {
    if (isReloaded) await page.reload();
    await page.locator('.piece.first', { hasText: 'Trials: fixed' }).waitFor();
    const measured = await site.client.trials(id);
    assert.equal(measured.status, 'finished');
    const rows = trials.locator('tbody tr');
    await rows.nth(measured.pieces.length).waitFor();
    assert.equal(await rows.count(), measured.pieces.length + 1, 'every piece, and the unchanged job');
    for (const [i, piece] of measured.pieces.entries()) {
      assert.match((await rows.nth(i).locator('th').textContent()) ?? '', new RegExp(`^${adviceName(piece)}`));
      const [fixed, medians, seeds] = await rows.nth(i).locator('td').allTextContents();
      assert.ok(piece.measured);
      assert.equal(fixed, `${piece.measured.fixed} of ${piece.measured.runs}`);
      assert.match(medians ?? '', new RegExp(`becomes .*${FIGURES[piece.measured.metric].name}`));
      assert.equal(/better with every seed/.test(seeds ?? ''), /better/.test(effectInWords(piece.measured)));
    }
    const [best = assert.fail('no piece')] = measured.pieces;
    assert.equal(await page.locator('.piece.first .piece-head b').textContent(), adviceName(best));
  }
  assert.equal((await site.client.listPage({ q: 'decayed' })).data.length, 1, 'trials are not in the list');
  await finish(page);
});

test('trials can be cancelled while they run', LIMIT, async () => {
  const { id } = await finished(
    (await site.client.submit({ ...DECAYED, name: 'long', training: { ...DECAYED.training, epochs: 2000 } })).id,
  );
  const page = await site.open(`/runs/${id}`);
  const trials = page.locator('.trials');
  await trials.getByRole('button', { name: 'Try the remedies' }).click();
  await trials.getByRole('button', { name: 'Cancel the trials' }).click();
  await trials.getByRole('button', { name: 'Try again' }).waitFor();
  assert.equal((await site.client.trials(id)).status, 'cancelled');
  await finish(page);
});

const linesOf = ({ change }: Pick<Run, 'change'>) =>
  wordsOf(change).map(({ what, from, to }) => `${what} ${from} becomes ${to}`);

/** As a screen reader reads them. */
const changesIn = async (part: Locator) =>
  (await part.locator('.change li').allTextContents()).map((text) => text.replace(' → ', ''));

async function focusByTab(page: Page, wished: Locator): Promise<void> {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    if (
      await wished.evaluate(
        (element) => element === (element as { ownerDocument: Document }).ownerDocument.activeElement,
      )
    )
      return;
  }
  assert.fail('Tab does not reach it');
}
/** The part of a document that is used here; the rest of this program has no browser types. */
interface Document {
  activeElement: unknown;
}

async function finished(id: string): Promise<Run> {
  for await (const _ of site.client.watch(id, { snapshots: false }));
  return site.client.get(id);
}

/** There were no problems. */
async function finish(page: Page): Promise<void> {
  assert.deepEqual(site.complaints, []);
  await page.context().close();
}
