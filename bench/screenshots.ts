/** `npm run screenshots`: takes pictures of every page for the documentation, light and dark, from real runs. */
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { mergePatch, type Job, type JobSpec } from '../src/vocabulary/index.ts';
import { PRESETS } from '../src/dashboard/pages/new-run/presets.ts';
import { applyRemedy, type RemedyCode } from '../src/dashboard/pages/new-run/remedies.ts';
import { openSite, type Site } from '../test/support/site.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const DESK = { width: 1440, height: 900 },
  PHONE = { width: 390, height: 844 };
/** Too narrow for its task with most first weights. */
const XOR: Job = {
  name: 'xor with two neurons',
  dataset: { name: 'xor' },
  model: { layers: [{ type: 'dense', units: 2 }] },
  training: { epochs: 60, seed: 3 },
};
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
  const [first] = (await client.diagnosis(hot)).advice;
  if (!first) throw new Error('no advice for a learning rate that is too high');
  const { name, spec } = await client.get(hot);
  const advised = { ...(mergePatch(spec, first.patch) as JobSpec), name: `${name}, as advised`, parentId: hot };
  await finish((await client.submit(advised)).id);
  const tried = await finish((await client.submit(XOR)).id);
  await client.startTrials(tried, {});
  while ((await client.trials(tried)).status === 'running') await delay(500);
  // One run that trains while the list is on screen, and one that waits in the queue.
  const running = await submit('hot', 'leakyRelu', 10_000);
  await submit('spirals', 'layerNormalization');

  for (const theme of ['light', 'dark'] as const) {
    await take('runs', '/', theme);
    await take('new-run', '/new', theme);
    await take('run', `/runs/${hot}`, theme, { act: pinNeuron });
    await take('run-whole', `/runs/${hot}`, theme, { isWhole: true });
    await take('live', `/runs/${running}`, theme);
    await take('diagnosis', `/runs/${tried}`, theme, { of: '.diagnosis' });
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
  /** A part of the page alone. */
  of?: string;
  act?: (page: Page) => Promise<void>;
}

async function take(
  name: string,
  address: string,
  theme: 'light' | 'dark',
  { viewport = DESK, isWhole = false, of, act }: Options = {},
): Promise<void> {
  const isPhone = viewport === PHONE;
  const page = await site.open(address, {
    viewport,
    colorScheme: theme,
    deviceScaleFactor: isPhone ? 2 : 1,
    isMobile: isPhone,
    hasTouch: isPhone,
  });
  await page.locator('table.runs .name, .notice.valid, .field-frame canvas, .strip > span').first().waitFor();
  await act?.(page);
  await page.waitForTimeout(REST_MS);
  const path = `${FOLDER}${name}-${theme}.png`;
  if (of === undefined) await page.screenshot({ path, fullPage: isWhole });
  else await page.locator(of).screenshot({ path });
  await page.context().close();
}
