import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { countLamps, deadNeurons, FIELD, until } from './field-picture.ts';
import { openSite, type Site } from '../support/site.ts';

/** Limit per test. On an idle machine each takes a few seconds. */
const LIMIT = { timeout: 300_000 };

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

/** Four layers of 32 on two spirals: neurons die in the first seconds, and training continues for a long time. */
const dying = (epochs: number) => ({
  name: 'dying',
  dataset: { name: 'spirals', samples: 2000 },
  model: {
    layers: Array.from({ length: 4 }, () => ({ type: 'dense' as const, units: 32, activation: 'relu' as const })),
  },
  training: { epochs, batchSize: 32, seed: 1, optimizer: { type: 'sgd' as const, learningRate: 0.1, momentum: 0.9 } },
  telemetry: { checkpointEverySeconds: 0.5 },
});
const NEURONS = 128;
/** With this seed 14 of them are born dead, give or take what a data set's details change. */
const BORN_DEAD_MOST = 25;

/** The page may ask for neurons a moment before the first verdict is stored. It asks again, but the browser prints the 404. */
const isFault = (line: string): boolean => !/status of 404 .*\/neurons$/.test(line);

const waitForStatus = (page: Page, status: string) => page.locator('.run-head .status', { hasText: status }).waitFor();

test(
  'a job from the form trains while its neurons change and die on screen, and the slider goes back in time',
  LIMIT,
  async () => {
    const page = await site.open('/new', { reducedMotion: 'no-preference' });
    await page.getByRole('radio', { name: /Spirals/ }).click();
    await page.getByLabel('Job as JSON').fill(JSON.stringify(dying(200_000)));
    await page.locator('.notice.valid').waitFor();
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.waitForURL(/\/runs\/run_/);

    await waitForStatus(page, 'running');
    const first = await until(
      page,
      () => countLamps(page),
      ({ warm }) => warm > 0,
      'a lit lamp',
    );
    await until(
      page,
      () => countLamps(page),
      ({ picture }) => picture !== first.picture,
      'another picture',
    );

    await until(
      page,
      () => deadNeurons(page),
      (dead) => dead > BORN_DEAD_MOST,
      'deaths in training',
    );
    const { cold } = await until(
      page,
      () => countLamps(page),
      // The picture may follow the number a moment later.
      (lamps) => lamps.cold > (BORN_DEAD_MOST / NEURONS) * (lamps.cold + lamps.warm),
      'cold lamps for the deaths in training',
    );
    await page.locator('.events .died').first().waitFor();

    const slider = page.getByRole('slider', { name: 'Look back in time' });
    await slider.focus();
    await page.keyboard.press('Home');
    await page.locator('.time .step', { hasText: /^step 0 of/ }).waitFor();
    await until(
      page,
      () => deadNeurons(page),
      (dead) => dead > 0 && dead <= BORN_DEAD_MOST,
      'those alone that were born dead',
    );
    await until(
      page,
      () => countLamps(page),
      (lamps) => lamps.cold < cold,
      'fewer cold lamps',
    );
    await page.getByRole('button', { name: 'live', exact: true }).click();
    await until(
      page,
      () => deadNeurons(page),
      (dead) => dead > BORN_DEAD_MOST,
      'the deaths of now',
    );

    await page.locator(FIELD).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    await page.locator('.pinned', { hasText: /dense_\d · neuron \d+/ }).waitFor();
    assert.equal(await page.locator('.pinned .chart canvas').count(), 3);
    await page.keyboard.press('Escape');
    await page.locator('.panel.pinned').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await waitForStatus(page, 'cancelled');
    assert.deepEqual(site.complaints.splice(0).filter(isFault), []);
    await page.context().close();
  },
);

test('a server that is killed before a page has the past of its run is said to be away', LIMIT, async () => {
  const { id } = await site.client.submit(dying(200_000));
  const page = await site.open('/');
  const past: Route[] = [];
  await page.route(/\/events\?/, (route) => void past.push(route));
  await page.goto(`${site.url}/runs/${id}`);
  await page.locator('.link-state', { hasText: 'live' }).waitFor();
  await until(
    page,
    () => Promise.resolve(past.length),
    (asked) => asked > 0,
    'the question for the past',
  );
  await site.kill();
  await page.unroute(/\/events\?/);
  // The server took those that were on their way with it, or they have no answer yet.
  for (const route of past) await route.abort().catch(() => undefined);
  await page.locator('.link-state', { hasText: 'connecting' }).waitFor();
  await site.start();
  await page.locator('.link-state', { hasText: 'live' }).waitFor();
  await page.locator('.events li').first().waitFor();
  await site.client.cancel(id);
  await waitForStatus(page, 'cancelled');
  site.complaints.length = 0;
  await page.context().close();
});

test(
  'a server that is killed and restarted while a page watches leaves no gap and no error on screen',
  LIMIT,
  async () => {
    const { id } = await site.client.submit(dying(200_000));
    const page = await site.open(`/runs/${id}`);
    await waitForStatus(page, 'running');
    await page.locator('.events li').first().waitFor();
    // Beyond the first checkpoint, so that there is something to continue from.
    await until(
      page,
      () => stepOf(page),
      (step) => step > 2000,
      'some steps',
    );

    await site.kill();
    const killedAt = await stepOf(page);
    await page.locator('.link-state', { hasText: 'connecting' }).waitFor();
    await site.start();
    await page.locator('.link-state', { hasText: 'live' }).waitFor();
    await until(
      page,
      () => stepOf(page),
      (step) => step > killedAt + 2000,
      'steps of the next attempt',
    );
    await site.client.cancel(id);
    await waitForStatus(page, 'cancelled');

    const run = await site.client.get(id);
    assert.ok(run.attempt > 1, 'the run was claimed again');
    await until(
      page,
      () => stepOf(page),
      (step) => step === run.progress.step,
      'the last step',
    );
    assert.equal(await page.locator('[role="alert"]').count(), 0);
    const expected = (await allEvents(id)).slice(-60).reverse();
    await until(
      page,
      () => page.locator('.events li button > span:last-child').allTextContents(),
      (shown) => JSON.stringify(shown) === JSON.stringify(expected),
      'every event, each once',
    );
    // The list of events scrolls by itself, and does not make the page longer.
    const [length, end] = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollHeight, document.querySelector('#app').getBoundingClientRect().bottom + scrollY]",
    );
    assert.ok(length <= end + 1, `the page is ${length} long, and its content ends at ${end}`);
    // The browser itself logged the requests that failed while the server was away or starting; there were no other
    // problems.
    assert.deepEqual(
      site.complaints.filter(
        (complaint) =>
          isFault(complaint) &&
          !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection|status of 503/.test(
            complaint,
          ),
      ),
      [],
    );
    site.complaints.length = 0;
    await page.context().close();
  },
);

async function allEvents(id: string): Promise<string[]> {
  const messages: string[] = [];
  for (let after = 0; ;) {
    const { data, hasMore } = await site.client.events(id, { after, limit: 1000 });
    messages.push(...data.map(({ event }) => event.message));
    if (!hasMore) return messages;
    after = data.at(-1)!.seq;
  }
}

async function stepOf(page: Page): Promise<number> {
  return Number(((await page.locator('.time .step').textContent()) ?? '').replace(/\D/g, ''));
}
