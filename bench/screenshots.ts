/** `npm run screenshots`: takes pictures of every page for the documentation, light and dark, from real runs. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { PRESETS } from '../src/dashboard/pages/new-run/presets.ts';
import { applyRemedy, type RemedyCode } from '../src/dashboard/pages/new-run/remedies.ts';
import { openSite, type Site } from '../test/support/site.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const DESK = { width: 1440, height: 900 },
  PHONE = { width: 390, height: 844 };
/** Time for the animations of charts and lamps to finish. */
const REST_MS = 1500;

const site = await openSite();
try {
  await mkdir(FOLDER, { recursive: true });
  await takeAll(site);
} finally {
  await site.close();
}

async function takeAll({ client }: Site): Promise<void> {
  const submit = async (preset: string, remedy: RemedyCode | null = null, epochs?: number) => {
    const { job } = PRESETS.find(({ id }) => id === preset) ?? PRESETS[0];
    const seeded = { ...job, training: { ...job.training, seed: 1, ...(epochs && { epochs }) } };
    const remedied = remedy ? applyRemedy(seeded, remedy) : seeded;
    if (!remedied) throw new Error(`${remedy} does not apply to ${preset}`);
    return (await client.submit(remedied)).id;
  };
  const finish = async (id: string) => {
    for await (const _ of client.watch(id, { since: 'latest', snapshots: false }));
    return id;
  };

  await finish(await submit('mnist'));
  await finish(await submit('spirals'));
  const narrow = await finish(await submit('deep-narrow'));
  const elu = await finish(await submit('deep-narrow', 'elu'));
  const asymmetric = await finish(await submit('deep-narrow', 'randomizedAsymmetric'));
  const hot = await finish(await submit('hot'));
  await finish(await submit('hot', 'reduceLearningRate'));
  // One run that trains while the list is on screen, and one that waits in the queue.
  const running = await submit('hot', 'leakyRelu', 10_000);
  await submit('spirals', 'layerNormalization');

  for (const theme of ['light', 'dark'] as const) {
    await take('runs', '/', theme);
    await take('new-run', '/new', theme);
    await take('run', `/runs/${hot}`, theme, { act: pinNeuron });
    await take('run-whole', `/runs/${hot}`, theme, { isWhole: true });
    await take('live', `/runs/${running}`, theme);
    await take('compare', `/compare?runs=${narrow},${elu},${asymmetric}`, theme, { isWhole: true });
    await take('phone-runs', '/', theme, { viewport: PHONE });
    await take('phone-run', `/runs/${hot}`, theme, {
      viewport: PHONE,
      act: (page) => page.locator('.field-panel').scrollIntoViewIfNeeded(),
    });
  }
  await client.cancel(running);
}

async function pinNeuron(page: Page): Promise<void> {
  await page.locator('.field-frame').focus();
  for (const key of [
    'ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'ArrowDown',
    'ArrowDown',
    'Enter',
  ])
    await page.keyboard.press(key);
}

interface Options {
  viewport?: typeof DESK;
  isWhole?: boolean;
  act?: (page: Page) => Promise<void>;
}

async function take(
  name: string,
  path: string,
  theme: 'light' | 'dark',
  { viewport = DESK, isWhole = false, act }: Options = {},
): Promise<void> {
  const isPhone = viewport === PHONE;
  const page = await site.open(path, {
    viewport,
    colorScheme: theme,
    deviceScaleFactor: isPhone ? 2 : 1,
    isMobile: isPhone,
    hasTouch: isPhone,
  });
  await page.locator('table.runs .name, .notice.valid, .field-frame canvas, .strip > span').first().waitFor();
  await act?.(page);
  await page.waitForTimeout(REST_MS);
  await page.screenshot({ path: `${FOLDER}${name}-${theme}.png`, fullPage: isWhole });
  await page.context().close();
}
