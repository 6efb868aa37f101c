import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Job } from '../../src/vocabulary/index.ts';
import { faultsInBothThemes } from '../support/axe.ts';
import { drag, tooWide, WIDTHS } from '../support/pages.ts';
import { openSite, type Site } from '../support/site.ts';
import { until } from './field-picture.ts';

const LIMIT = { timeout: 300_000 };
const RATES = [0.1, 0.001, 0.01];

const job = (learningRate: number): Job => ({
  name: `rate ${learningRate}`,
  experiment: 'rates',
  tags: ['sweep'],
  dataset: { name: 'xor', samples: 200 },
  model: { layers: [{ type: 'dense', units: 4 }] },
  training: { epochs: 2, seed: 1, optimizer: { type: learningRate === 0.01 ? 'sgd' : 'adam', learningRate } },
});

let site: Site;
const ids: string[] = [];
before(async () => {
  site = await openSite();
  for (const rate of RATES) {
    const { id } = await site.client.submit(job(rate));
    for await (const _ of site.client.watch(id, { snapshots: false }));
    ids.push(id);
  }
});
beforeEach(() => {
  site.complaints.length = 0;
});
after(() => site.close());

async function finish(page: Page, expected = /^$/): Promise<void> {
  assert.deepEqual(
    site.complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
  await page.context().close();
}

const names = (page: Page) => page.locator('table.runs a.name');
const namesAre = (page: Page, wanted: string[], what: string) =>
  until(
    page,
    () => names(page).allTextContents(),
    (found) => found.join() === wanted.join(),
    what,
  );
const heads = (page: Page) => page.locator('table.runs th .label').allTextContents();
/** The table is drawn a moment after a key is pressed. */
const headsAre = (page: Page, isWished: (found: string[]) => boolean, what: string) =>
  until(page, () => heads(page), isWished, what);
const cells = (page: Page, column: string) => page.locator(`table.runs td[data-column="${column}"]`).allTextContents();
const RATE = 'spec.training.optimizer.learningRate';

test(
  'any field becomes a column, is sorted and filtered by, moved, widened and hidden, all by the keyboard',
  LIMIT,
  async () => {
    const page = await site.open('/');
    await names(page).nth(2).waitFor();
    await page.getByRole('button', { name: 'Columns', exact: true }).press('Enter');
    await page.getByLabel('Add a field of the runs').fill('learning rate optimizer');
    await page
      .getByRole('list', { name: 'Fields' })
      .getByRole('button', { name: /Learning rate/ })
      .press('Enter');
    await page.keyboard.press('Escape');
    await headsAre(page, (found) => found.at(-1) === 'Learning rate', 'a column of the learning rate');
    await until(
      page,
      () => cells(page, RATE),
      (found) => found.join() === '0.01,0.001,0.1',
      'the rates in it',
    );

    const menu = page.getByRole('button', { name: 'Column Learning rate' });
    await menu.press('Enter');
    await page.getByRole('button', { name: 'Sort ascending' }).press('Enter');
    await namesAre(page, ['rate 0.001', 'rate 0.01', 'rate 0.1'], 'the lowest rate first');
    await page.locator(`th[data-column="${RATE}"][aria-sort="ascending"]`).waitFor();

    await menu.press('Enter');
    await page.getByLabel('Comparison').selectOption('>=');
    await page.getByLabel('Bound').fill('0.01');
    await page.keyboard.press('Enter');
    await namesAre(page, ['rate 0.01', 'rate 0.1'], 'only rates from 0.01');
    assert.equal(await page.getByRole('combobox', { name: 'Filter' }).inputValue(), `${RATE} >= 0.01`);

    await menu.press('Enter');
    await page.getByRole('button', { name: 'Move left' }).press('Enter');
    await headsAre(page, (found) => found.at(-2) === 'Learning rate', 'the column further left');
    const divider = page.getByRole('separator', { name: 'Width of Learning rate' });
    const before = Number(await divider.getAttribute('aria-valuenow'));
    await divider.press('ArrowRight');
    await until(
      page,
      async () => Number(await divider.getAttribute('aria-valuenow')),
      (width) => width === before + 16,
      'a wider column',
    );

    // All of it is in the address, so that a colleague sees the same.
    await page.waitForURL(/widths=/);
    const shared = new URL(page.url());
    const other = await site.open(shared.pathname + shared.search);
    await namesAre(other, ['rate 0.01', 'rate 0.1'], 'the same runs');
    const here = await heads(page);
    await headsAre(other, (found) => found.join() === here.join(), 'the same columns');
    await other.context().close();

    await menu.press('Enter');
    await page.getByRole('button', { name: 'Hide' }).press('Enter');
    await headsAre(page, (found) => !found.includes('Learning rate'), 'no column of the learning rate');
    await finish(page);
  },
);

test('columns are moved and widened by hand', LIMIT, async () => {
  const page = await site.open('/?columns=status,loss,score');
  await names(page).nth(2).waitFor();
  await page.locator('th[data-column="score"] .label').dragTo(page.locator('th[data-column="status"] .label'));
  await until(
    page,
    () => heads(page),
    (found) => found.join() === 'Run,Score,Status,Loss',
    'the dragged column at its new place',
  );
  const divider = page.getByRole('separator', { name: 'Width of Loss' });
  await drag(page, divider, { from: 0.5, to: 0.5, further: 60 }, { isDone: () => /widths=loss:\d+/.test(page.url()) });
  await finish(page);
});

test(
  'the filter completes paths and values, says where it is wrong, and applies only what is right',
  LIMIT,
  async () => {
    const page = await site.open('/');
    await names(page).nth(2).waitFor();
    const filter = page.getByRole('combobox', { name: 'Filter' });
    await filter.click();
    await filter.pressSequentially('optimizer.typ');
    await page.getByRole('option', { name: 'spec.training.optimizer.type' }).waitFor();
    await filter.press('ArrowDown');
    await filter.press('Enter');
    await filter.pressSequentially('= ');
    await page.getByRole('option', { name: '"adam"' }).click();
    await filter.press('Enter');
    await namesAre(page, ['rate 0.001', 'rate 0.1'], 'runs with adam');

    await filter.fill('summary.valLos < 0.1');
    await filter.press('Enter');
    await page.getByText(/Not applied: at character 9: .*Did you mean summary\.valLoss\?/).waitFor();
    assert.equal(await filter.getAttribute('aria-invalid'), 'true');
    assert.equal(await names(page).count(), 2);
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await names(page).nth(2).waitFor();
    assert.equal(await filter.inputValue(), '');
    await finish(page);
  },
);

test('a search finds hyperparameters', LIMIT, async () => {
  const page = await site.open('/');
  await names(page).nth(2).waitFor();
  await page.getByLabel('Search runs').fill('sgd');
  await namesAre(page, ['rate 0.01'], 'the run with sgd');
  await page.getByLabel('Search runs').fill('0.001');
  await namesAre(page, ['rate 0.001'], 'the run with this rate');
  await finish(page);
});

test('rows stay under the pointer while runs come, and their values stay live', LIMIT, async () => {
  const page = await site.open('/');
  await names(page).nth(2).waitFor();
  await names(page).nth(1).hover();
  const { id } = await site.client.submit(job(0.5));
  await page.getByText('Runs came, went or moved.').waitFor();
  assert.deepEqual(await names(page).allTextContents(), ['rate 0.01', 'rate 0.001', 'rate 0.1']);
  await site.client.patch(ids[1]!, { name: 'renamed meanwhile' });
  await namesAre(page, ['rate 0.01', 'renamed meanwhile', 'rate 0.1'], 'the new name in its old row');
  await page.getByRole('heading', { name: 'Runs' }).hover();
  await namesAre(page, ['rate 0.5', 'rate 0.01', 'renamed meanwhile', 'rate 0.1'], 'the new run');
  await site.client.patch(ids[1]!, { name: 'rate 0.001' });
  for await (const _ of site.client.watch(id, { snapshots: false }));
  await site.client.delete(id);
  await finish(page);
});

test('name, tags and notes are edited in the table', LIMIT, async () => {
  const page = await site.open('/');
  const row = page.locator('tr', { hasText: 'rate 0.01' });
  await row.hover();
  await row.getByRole('button', { name: /^Edit/ }).click();
  await page.getByLabel('Name', { exact: true }).fill('rate 0.01, edited');
  await page.getByLabel('Tags, separated by commas').fill('sweep, kept, kept');
  await page.getByLabel('Notes, in Markdown').fill('# Why\n\nTo **see**.');
  await page.getByRole('button', { name: 'Save' }).click();
  await namesAre(page, ['rate 0.01, edited', 'rate 0.001', 'rate 0.1'], 'the new name');
  const { tags, notes } = await site.client.get(ids[2]!);
  assert.deepEqual([tags, notes], [['sweep', 'kept'], '# Why\n\nTo **see**.']);
  await site.client.patch(ids[2]!, { name: 'rate 0.01', tags: ['sweep'], notes: '' });
  await finish(page);
});

test(
  'notes are edited and rendered on the page of a run, without HTML, foreign pictures or unsafe links',
  LIMIT,
  async () => {
    const page = await site.open(`/runs/${ids[0]}`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page
      .getByLabel('Notes, in Markdown')
      .fill(
        '## Why\n\nA **higher** rate, [source](https://example.org/a), <b onclick="x()">raw</b> <img src=x>\n\n' +
          '![far](https://example.org/far.png) [bad](javascript:alert(1))',
      );
    await page.getByRole('button', { name: 'Save' }).click();
    const notes = page.locator('.markdown');
    await notes.getByRole('heading', { name: 'Why' }).waitFor();
    assert.equal(await notes.locator('strong').textContent(), 'higher');
    assert.equal(await notes.locator('b, img').count(), 0);
    assert.match((await notes.textContent()) ?? '', /<b onclick="x\(\)">raw<\/b>/);
    const source = notes.getByRole('link', { name: 'source' });
    assert.deepEqual(
      [await source.getAttribute('href'), await source.getAttribute('rel')],
      ['https://example.org/a', 'noopener noreferrer nofollow'],
    );
    assert.equal(await notes.locator('a', { hasText: 'bad' }).getAttribute('href'), '');
    await site.client.patch(ids[0]!, { notes: '' });
    await finish(page);
  },
);

test(
  'runs are grouped by a field, with the mean and band of each group, and a group opens to its runs',
  LIMIT,
  async () => {
    const page = await site.open(`/?columns=spec.training.optimizer.type,summary.epochLoss`);
    await names(page).nth(2).waitFor();
    await page
      .getByRole('button', { name: 'Column Optimizer' })
      .or(page.locator('th[data-column="spec.training.optimizer.type"] .head-menu'))
      .first()
      .click();
    await page.getByRole('button', { name: 'Group by this' }).click();
    const adam = page.locator('table.groups tbody', { hasText: 'adam' });
    await adam.waitFor();
    const losses = await Promise.all([0, 1].map(async (i) => (await site.client.get(ids[i]!)).summary.epochLoss!));
    const mean = (losses[0]! + losses[1]!) / 2;
    const shown = (await adam.locator('td').nth(1).innerText()).split('\n');
    assert.ok(Math.abs(Number(shown[0]) - mean) < 1e-3 * mean, `${shown.join(' ')} against ${mean}`);
    assert.match(shown.join(' '), /to .*, 2 runs/);
    await page.getByLabel('Band around the mean').selectOption('deviation');
    await adam.getByText(/^±/).waitFor();
    await page.waitForURL(/group=.*band=deviation/);
    await adam.getByRole('button', { name: 'adam' }).press('Enter');
    await adam.getByRole('link', { name: 'rate 0.001' }).waitFor();
    assert.deepEqual(await adam.getByRole('link').allTextContents(), ['rate 0.001', 'rate 0.1']);
    assert.deepEqual(await faultsInBothThemes(page), []);
    await page.getByRole('button', { name: 'Single runs' }).click();
    await names(page).nth(2).waitFor();
    await finish(page);
  },
);

test('the list and a selection are exported as CSV', LIMIT, async () => {
  const page = await site.open('/?filter=training.optimizer = "adam"');
  await namesAre(page, ['rate 0.001', 'rate 0.1'], 'runs with adam');
  const rowsOf = async (link: ReturnType<Page['locator']>) => {
    const answer = await fetch(new URL((await link.getAttribute('href')) ?? '', site.url));
    assert.equal(answer.status, 200);
    return (await answer.text()).trim().split(/\r?\n/).length - 1;
  };
  assert.equal(await rowsOf(page.locator('.runs-tools a[download]')), 2);
  await page.getByLabel('Select rate 0.1', { exact: true }).check();
  assert.equal(await rowsOf(page.locator('.bulk-bar a[download]')), 1);
  await finish(page);
});

test('several runs are tagged, cancelled and deleted at once, and what failed is told', LIMIT, async () => {
  const extra: string[] = [];
  for (const name of ['bulk a', 'bulk b', 'bulk c']) {
    const { id } = await site.client.submit({ ...job(0.1), name, training: { epochs: 1_000_000 } });
    extra.push(id);
  }
  const page = await site.open('/?q=bulk');
  await names(page).nth(2).waitFor();
  await page.getByLabel('Select all runs on this page').check();
  const bar = page.getByRole('region', { name: 'Selected runs' });
  await bar.getByText('3 runs selected').waitFor();

  await bar.getByRole('button', { name: 'Tag' }).click();
  await page.getByLabel('Tags, separated by commas').fill('together');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('3 runs tagged').waitFor();
  for (const id of extra) assert.deepEqual((await site.client.get(id)).tags, ['sweep', 'together']);

  await bar.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('button', { name: 'Cancel 3 runs' }).click();
  await page.getByText('3 runs cancelled').waitFor();
  for (const id of extra) for await (const _ of site.client.watch(id, { snapshots: false }));
  // Somebody else deletes one of them meanwhile.
  await bar.getByRole('button', { name: 'Delete 3' }).click();
  await site.client.delete(extra[1]!);
  await page.getByRole('button', { name: 'Delete 3 runs permanently' }).click();
  await bar.getByText('1 run could not be changed:').waitFor();
  await bar.getByText(/bulk b.*not found/).waitFor();
  for (const id of extra) await assert.rejects(site.client.get(id), /not found/);
  await bar.getByText('1 run selected').waitFor();
  await finish(page, /404/);
});

test('views are saved for the team, renamed, changed, deleted, and one opens by itself', LIMIT, async () => {
  const page = await site.open('/?filter=valLoss > 0&columns=status,loss');
  await names(page).nth(2).waitFor();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByLabel('Name of the new view').fill('with losses');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Saved views' });
  await dialog.getByRole('button', { name: 'with losses', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  // The button says which view is on screen.
  await page.getByRole('button', { name: 'with losses' }).waitFor();

  const colleague = await site.open('/');
  await names(colleague).nth(2).waitFor();
  await colleague.getByRole('button', { name: 'Views' }).click();
  await colleague.getByRole('button', { name: 'with losses', exact: true }).click();
  await colleague.waitForURL(/filter=valLoss/);
  await headsAre(colleague, (found) => found.join() === 'Run,Status,Loss', 'the columns of the view');
  await colleague.getByRole('button', { name: 'with losses' }).click();
  await colleague.getByRole('button', { name: 'Default' }).click();
  await colleague.goto(`${site.url}/`);
  await colleague.waitForURL(/filter=valLoss/);
  await until(
    colleague,
    () => heads(colleague),
    (found) => found.join() === 'Run,Status,Loss',
    'the default view',
  );

  await colleague.getByRole('button', { name: 'with losses' }).click();
  await colleague.getByRole('button', { name: 'Rename with losses' }).click();
  await colleague.getByLabel('New name').fill('losses');
  await colleague.keyboard.press('Enter');
  await colleague.getByText('Renamed').waitFor();
  assert.deepEqual(
    (await site.client.views()).map(({ name }) => name),
    ['losses'],
  );
  await colleague.getByRole('button', { name: 'Delete losses' }).click();
  await colleague.getByRole('button', { name: 'Delete view' }).click();
  await until(
    colleague,
    async () => (await site.client.views()).length,
    (left) => left === 0,
    'no view any more',
  );
  await colleague.context().close();
  await finish(page);
});

test('views of a comparison and of the charts of a run are saved too', LIMIT, async () => {
  const page = await site.open(`/compare?runs=${ids[0]},${ids[1]}&x=epoch`);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByLabel('Name of the new view').fill('two rates');
  await page.keyboard.press('Enter');
  await page.getByText('Saved for all who use this service').waitFor();
  await page.goto(`${site.url}/compare`);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('button', { name: 'two rates', exact: true }).click();
  await page.waitForURL(new RegExp(`runs=${ids[0]},${ids[1]}`));
  await page.locator('.compared tbody tr').nth(1).waitFor();

  // A view of one run's charts shows those of another, at no step of the first.
  await page.goto(`${site.url}/runs/${ids[0]}?step=0&x=epoch`);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByLabel('Name of the new view').fill('by epoch');
  await page.keyboard.press('Enter');
  await page.getByText('Saved for all who use this service').waitFor();
  const [saved] = await site.client.views('run');
  assert.ok(saved && !/step=/.test(saved.state) && /x=epoch/.test(saved.state), saved?.state);
  await page.goto(`${site.url}/runs/${ids[1]}`);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('button', { name: 'by epoch', exact: true }).click();
  await page.waitForURL(/x=epoch/);
  for (const { id } of await site.client.views()) await site.client.deleteView(id);
  await finish(page);
});

test('the list is legible on every width: nothing is cut, and the page scrolls down only', LIMIT, async () => {
  const page = await site.open(`/?columns=`);
  await names(page).nth(2).waitFor();
  for (const width of WIDTHS) {
    assert.deepEqual(await tooWide(page, [width]), []);
    const cut = await page.evaluate<string[]>(`
      [...document.querySelectorAll('table.runs td, table.runs td *, table.runs .head, table.runs .head *')]
        .filter((one) => one.offsetParent && !one.closest('.sr, canvas, .under') && one.clientWidth > 1
          && one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.outerHTML.slice(0, 120))`);
    if (width > 760) assert.deepEqual(cut, [], `${width} pixels`);
    const widest = await page.evaluate<number>(
      `Math.min(...[...document.querySelectorAll('table.runs a.name')].map((one) => one.getBoundingClientRect().width))`,
    );
    assert.ok(widest >= 60, `a name has ${widest} of ${width} pixels`);
  }
  await finish(page);
});

test('the open menus of the list have no accessibility fault in either theme', LIMIT, async () => {
  const page = await site.open(`/?columns=status,${RATE}&filter=summary.loss > 0`);
  await names(page).nth(2).waitFor();
  await page.getByLabel('Select rate 0.1', { exact: true }).check();
  for (const button of ['Column Learning rate', 'Columns', 'Tag']) {
    await page.getByRole('button', { name: button, exact: true }).click();
    assert.deepEqual(await faultsInBothThemes(page), [], button);
    await page.keyboard.press('Escape');
  }
  await finish(page);
});
