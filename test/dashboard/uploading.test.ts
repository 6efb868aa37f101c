/** Files of one's own, from the page to a trained model and its predictions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import { faultsInBothThemes } from '../support/axe.ts';
import { tooWide, WIDTHS } from '../support/pages.ts';
import { openSite, type Site } from '../support/site.ts';
import {
  brokenFile,
  csvFile,
  decimalCommaFile,
  idxFiles,
  imagesFile,
  jsonLinesFile,
  parquetFile,
  type OwnFile,
} from './own-files.ts';

const LIMIT = { timeout: 300_000 };

let site: Site;
before(async () => {
  site = await openSite({ DATASET_MAX_BYTES: '20000000' });
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

async function finish(page: Page): Promise<void> {
  assert.deepEqual(site.complaints, []);
  await page.context().close();
}

/** Chooses the files with the button, and waits for the data set. */
async function upload(page: Page, files: OwnFile[]): Promise<void> {
  await page.locator('.file-input').setInputFiles(files);
  if (files.length > 1) await page.getByRole('button', { name: 'One data set', exact: true }).click();
  await page.getByRole('link', { name: /^Look at / }).waitFor();
}

/** What a user sees when dragging files over the window and letting them go. */
async function drop(page: Page, files: OwnFile[]): Promise<void> {
  const given = files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString('base64')]);
  const dataTransfer = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    for (const [name, type, base64] of ${JSON.stringify(given)})
      data.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], name, { type }));
    return data;
  })()`);
  await page.dispatchEvent('h1', 'dragenter', { dataTransfer });
  await page.getByText(/^Drop to upload/).waitFor();
  await page.dispatchEvent('h1', 'dragover', { dataTransfer });
  await page.dispatchEvent('h1', 'drop', { dataTransfer });
}

/** From the data set's page to a run that has ended well; its best validation figures. */
async function train(page: Page): Promise<string> {
  await page.getByRole('link', { name: /^Look at / }).click();
  await page.getByRole('link', { name: 'New run with this data set' }).click();
  await page.getByText('This job is valid.').or(page.locator('.risk-figure')).first().waitFor();
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.locator('.status.succeeded').waitFor();
  return new URL(page.url()).pathname.split('/').at(-1)!;
}

const KINDS: { title: string; files: () => OwnFile[]; facts: RegExp; score: 'valAccuracy' | 'r2' }[] = [
  {
    title: 'a CSV file with missing values',
    files: () => [csvFile()],
    facts: /240 samples, 5 features, 3 outputs, classification/,
    score: 'valAccuracy',
  },
  {
    title: 'a CSV file with semicolons and decimal commas',
    files: () => [decimalCommaFile()],
    facts: /240 samples, 3 features, 1 output, regression/,
    score: 'r2',
  },
  {
    title: 'a JSON Lines file',
    files: () => [jsonLinesFile()],
    facts: /240 samples, 5 features, 3 outputs, classification/,
    score: 'valAccuracy',
  },
  {
    title: 'a Parquet file',
    files: () => [parquetFile()],
    facts: /240 samples, 2 features, 3 outputs, classification/,
    score: 'valAccuracy',
  },
  {
    title: 'a pair of IDX files',
    files: idxFiles,
    facts: /240 samples, 64 features, 2 outputs, classification/,
    score: 'valAccuracy',
  },
  {
    title: 'a zip of images',
    files: () => [imagesFile()],
    facts: /80 samples, 64 features, 2 outputs, classification/,
    score: 'valAccuracy',
  },
];
for (const { title, files, facts, score } of KINDS) {
  test(`${title} goes from the page to a trained model`, LIMIT, async () => {
    const page = await site.open('/datasets');
    await upload(page, files());
    await page.getByText(facts).waitFor();
    const { summary } = await site.client.get(await train(page));
    assert.ok((summary[score] ?? 0) > 0.75, JSON.stringify(summary));
    await finish(page);
  });
}

test('files are dropped on the page, and several are one data set if the user says so', LIMIT, async () => {
  const page = await site.open('/datasets');
  await drop(page, [csvFile()]);
  await page.getByText(/240 samples, 5 features/).waitFor();
  await drop(page, idxFiles());
  await page.getByText('2 files:').waitFor();
  await page.getByRole('button', { name: 'One data set', exact: true }).click();
  await page.getByText(/240 samples, 64 features/).waitFor();
  // The pictures with their classes.
  await page.getByRole('link', { name: 'Look at bars-images-idx3-ubyte' }).click();
  const pictures = page.getByRole('list', { name: 'First images' }).getByRole('img');
  await pictures.first().waitFor();
  assert.equal(await pictures.count(), 20);
  assert.match((await pictures.first().getAttribute('aria-label')) ?? '', /^image of [01]$/);
  await finish(page);
});

test('a broken file says where and what to do, and can be read in another way', LIMIT, async () => {
  const page = await site.open('/datasets');
  await page.locator('.file-input').setInputFiles(brokenFile());
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? '', /line 4/i);
  // The browser itself reports the refusal of the service.
  site.complaints.length = 0;
  assert.ok((await site.client.datasets()).every(({ name }) => name !== 'broken'));

  await page.locator('.file-input').setInputFiles(csvFile());
  await page.getByText(/240 samples, 5 features/).waitFor();
  const [first] = (await site.client.datasets()).filter(({ name }) => name === 'penguins');
  const card = page.locator('.upload', { hasText: 'penguins.csv' });
  await card.getByText('Read it in another way').click();
  await card.getByLabel('Values are separated by').getByText('as read: comma').waitFor({ state: 'attached' });
  await card.getByLabel('First row').selectOption('false');
  await card.getByRole('button', { name: 'Read again' }).click();
  // The names of the columns are values now.
  await page.getByText(/241 samples/).waitFor();
  const again = (await site.client.datasets()).filter(({ id }) => id === first!.id);
  assert.deepEqual(again, [], 'the first reading is replaced');
  await finish(page);
});

test('an upload shows how far it is, and keeps nothing once it is cancelled', LIMIT, async () => {
  const page = await site.open('/datasets');
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 };
  await session.send('Network.emulateNetworkConditions', slow);
  await page
    .locator('.file-input')
    .setInputFiles({ ...csvFile(), name: 'slow.csv', buffer: Buffer.alloc(5_000_000, '1,2\n') });
  const card = page.getByRole('region', { name: 'Upload of slow.csv' });
  await card.getByText(/kB of 5\.00\sMB sent, .*\/s, .* left/).waitFor();
  await card.getByRole('progressbar').waitFor();
  await card.getByRole('button', { name: 'Cancel' }).click();
  await card.waitFor({ state: 'detached' });
  assert.ok((await site.client.datasets()).every(({ name }) => name !== 'slow'));
  await finish(page);
});

test('a file that is too large says so', LIMIT, async () => {
  const page = await site.open('/datasets');
  await page.locator('.file-input').setInputFiles({ ...csvFile(), buffer: Buffer.alloc(21_000_000, '1,2\n') });
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? '', /DATASET_MAX_BYTES/);
  site.complaints.length = 0;
  await finish(page);
});

test('columns are changed together, and a version that a run saw stays', LIMIT, async () => {
  const page = await site.open('/datasets');
  await upload(page, [csvFile()]);
  await page.getByRole('link', { name: /^Look at / }).click();
  const island = page.getByRole('row', { name: /^island/ });
  await island.getByRole('radio', { name: 'ignored' }).click();
  await page.getByText('No run has used it: version 1 changes.').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.figures div', { hasText: 'Features' }).getByText('2', { exact: true }).waitFor();
  const id = new URL(page.url()).pathname.split('/').at(-1)!;

  const { id: runId } = await site.client.submit({
    dataset: { id },
    model: { layers: [{ type: 'dense', units: 4 }] },
    training: { epochs: 2 },
  });
  for await (const _ of site.client.watch(runId, { snapshots: false }));
  await page.reload();
  await page.getByLabel('What stands for a missing value of bill_length').selectOption('median');
  await page.getByText(/1 run used version 1/).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  const versions = page.getByRole('navigation', { name: 'Versions' });
  await versions.getByText('2, newest').waitFor();
  await versions.getByRole('link', { name: '1', exact: true }).click();
  await page.getByText('An older version cannot be changed').waitFor();
  assert.ok(await page.getByLabel('What stands for a missing value of bill_length').isDisabled());
  assert.equal(await page.getByLabel('What stands for a missing value of bill_length').inputValue(), 'mean');

  // The job of that run goes on with the version that it saw, unless the user wants the newest.
  const form = await site.open(`/new?from=${runId}`);
  await form.getByText('This job names version 1; version 2 is newer.').waitFor();
  assert.match(await form.getByLabel('Job as JSON').inputValue(), /"version": 1/);
  await form.getByRole('button', { name: 'Use the newest' }).click();
  await form.getByText(/, version 2\./).waitFor();
  assert.doesNotMatch(await form.getByLabel('Job as JSON').inputValue(), /"version"/);
  await form.context().close();

  await page.getByRole('button', { name: 'Delete this data set' }).click();
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await page.getByText(/1 run uses data set/).waitFor();
  site.complaints.length = 0;
  await page.getByRole('button', { name: 'Delete anyway' }).click();
  await page.waitForURL(`${site.url}/datasets`);
  assert.ok((await site.client.datasets()).every((one) => one.id !== id));
  await finish(page);
});

test('many columns are searched, and changed together', LIMIT, async () => {
  const page = await site.open('/datasets');
  const names = ['label', ...Array.from({ length: 30 }, (_, at) => (at < 12 ? `noise${at}` : `signal${at}`))];
  const rows = Array.from({ length: 60 }, (_, row) => names.map((_name, at) => (at === 0 ? row % 2 : (row * at) % 31)));
  const buffer = Buffer.from([names, ...rows].map((row) => row.join(',')).join('\n'));
  await upload(page, [{ ...csvFile(), name: 'wide.csv', buffer }]);
  await page.getByRole('link', { name: /^Look at / }).click();
  const columns = page.getByRole('region', { name: 'Columns' });
  const drawn = columns.locator('tbody tr');
  await drawn.nth(19).waitFor();
  assert.equal(await drawn.count(), 20);
  await columns.getByRole('button', { name: 'Show 11 more' }).click();
  assert.equal(await drawn.count(), 31);
  await columns.getByLabel('Search columns').fill('noise');
  await columns.getByText('These 12 columns:').waitFor();
  await columns.getByRole('button', { name: 'Ignore' }).click();
  await page.getByText('12 changes').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.figures div', { hasText: 'Features' }).getByText('18', { exact: true }).waitFor();
  await finish(page);
});

test('a split by the values of a column is saved, and the form says that the share does not apply', LIMIT, async () => {
  const page = await site.open('/datasets');
  await upload(page, [csvFile()]);
  await page.getByRole('link', { name: /^Look at / }).click();
  await page.getByLabel('Rows are split by').selectOption('column');
  await page.getByLabel('Split column').selectOption('island');
  await page.getByRole('radiogroup', { name: 'Part of Dream' }).getByRole('radio', { name: 'validation' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  const figure = page.locator('.figures div', { hasText: 'Training, validation, test' }).locator('dd').first();
  await figure.waitFor();
  const [training = 0, validation = 0, rest] = ((await figure.textContent()) ?? '').split(', ').map(Number);
  assert.equal(training + validation, 240);
  assert.ok(validation > 40 && rest === 0);
  await page.getByRole('link', { name: 'New run with this data set' }).click();
  await page.getByText(/Split by the values of island/).waitFor();
  assert.ok(await page.locator('[name="dataset.validationSplit"]').isDisabled());
  await finish(page);
});

test('a file that is dropped on the form of a new run is uploaded and chosen', LIMIT, async () => {
  const page = await site.open('/new');
  await page.locator('.notice.valid').waitFor();
  await drop(page, [parquetFile()]);
  await page.getByText('Inputs: bill_length, body_mass. Target: species.').waitFor();
  await page.getByText('Classes: Adelie, Chinstrap, Gentoo.').waitFor();
  assert.match(await page.getByLabel('Job as JSON').inputValue(), /"id": "dataset_/);
  // Enter in a field of the upload reads the file again, and does not start the run.
  await page.getByText('Read it in another way').click();
  await page.getByText(/says itself how it is read/).waitFor();
  await drop(page, [csvFile()]);
  await page.getByText(/240 samples, 5 features, 3 outputs, classification/).waitFor();
  const card = page.locator('.upload', { hasText: 'penguins.csv' });
  await card.getByText('Read it in another way').click();
  await card.getByLabel('Words for missing values').fill('NA');
  await card.getByLabel('Words for missing values').press('Enter');
  await page.getByText('Inputs: island, bill_length, body_mass. Target: species.').waitFor();
  assert.match(page.url(), /\/new$/);
  // Among many, a data set is found by its words.
  await page.getByLabel('Search data sets').fill('two spirals');
  await page.getByLabel('Search data sets').press('Enter');
  assert.equal(await page.locator('[name="dataset.name"]').inputValue(), 'spirals');
  await finish(page);
});

test('a trained model is asked by the names of the columns, for one row and for many', LIMIT, async () => {
  const page = await site.open('/datasets');
  await upload(page, [csvFile()]);
  const id = await train(page);
  const panel = page.getByRole('region', { name: 'Predict' });
  await panel.getByLabel('bill_length').fill('50');
  await panel.getByLabel('body_mass').fill('5200');
  await panel.getByLabel('island').selectOption('Dream');
  await panel.getByRole('button', { name: 'Predict' }).click();
  await panel.getByText('Predicted: Gentoo').waitFor();
  await panel.getByLabel('body_mass').fill('heavy');
  await panel.getByRole('button', { name: 'Predict' }).click();
  await panel.getByText(/row 1, body_mass: must be a number/).waitFor();
  site.complaints.length = 0;

  await panel.getByRole('radio', { name: 'Many rows' }).click();
  const text = 'island;body_mass;bill_length\nDream;3300;38,5\nBiscoe;5200;50,5\nBiscoe;5100;\n';
  await panel.getByLabel('Rows as CSV').fill(text);
  await panel.getByRole('button', { name: 'Predict rows' }).click();
  await panel.getByText('3 rows predicted').waitFor();
  const rows = [
    { island: 'Dream', body_mass: 3300, bill_length: 38.5 },
    { island: 'Biscoe', body_mass: 5200, bill_length: 50.5 },
    { island: 'Biscoe', body_mass: 5100, bill_length: null },
  ];
  const { labels, outputs } = await site.client.predict(id, rows);
  const shown = await panel.locator('.predictions tbody tr td:nth-child(2)').allTextContents();
  assert.deepEqual(shown, labels);
  assert.deepEqual(shown.slice(0, 2), ['Adelie', 'Gentoo']);
  const saving = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download as CSV' }).click();
  const saved = readFileSync(await (await saving).path(), 'utf8').split('\r\n');
  assert.equal(
    saved[0],
    'island,body_mass,bill_length,predicted,probability of Adelie,probability of Chinstrap,probability of Gentoo',
  );
  assert.equal(saved[1], `Dream,3300,38.5,Adelie,${outputs[0]!.join(',')}`);
  assert.match(saved[3]!, /^Biscoe,5100,,/);
  await finish(page);
});

/** Every page that this is about, each with its own data. */
async function pages(): Promise<{ path: string; ready: string }[]> {
  const all = await site.client.datasets();
  const table = all.find(({ name }) => name === 'preise')!,
    images = all.find(({ name }) => name === 'bars')!;
  const { data } = await site.client.listPage({ limit: 100, status: 'succeeded' });
  const run = data.find(({ spec }) => spec.dataset.id === table.id)!;
  return [
    { path: '/datasets', ready: 'table.datasets .name' },
    { path: `/datasets/${table.id}`, ready: '.bars svg' },
    { path: `/datasets/${images.id}`, ready: '.pictures canvas' },
    { path: '/datasets/mnist', ready: '.figures' },
    { path: `/new?dataset=${table.id}`, ready: '.dataset-facts a' },
    { path: `/runs/${run.id}`, ready: '.predict form' },
  ];
}

test('the pages of data sets scroll down only on phones of any width', LIMIT, async () => {
  const widths = WIDTHS.filter((width) => width < 600);
  const page = await site.open('/', { viewport: { width: widths[0]!, height: 844 }, hasTouch: true, isMobile: true });
  for (const { path, ready } of await pages()) {
    await page.goto(site.url + path);
    await page.locator(ready).first().waitFor();
    assert.deepEqual(await tooWide(page, widths), []);
  }
  await finish(page);
});

test('the pages of data sets fit every screen, and have no accessibility fault in either theme', LIMIT, async () => {
  const page = await site.open('/');
  for (const { path, ready } of await pages()) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(site.url + path);
    await page.locator(ready).first().waitFor();
    assert.deepEqual(await faultsInBothThemes(page), [], path);
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
