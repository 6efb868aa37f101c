/** How many points a chart can have: the work to draw them, and how long a change takes until it is on the screen. */
import type { Page } from 'playwright-core';
import { draw, type DrawingOptions } from '../../src/dashboard/charts/drawing.ts';
import type { Site } from '../../test/support/site.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const REPEATS = 20,
  WARM_UP = 10;
const RUNS = 50,
  MOVES = 100;

/** Without a browser: from points in memory to what the canvas gets, smoothed, 1,000 pixels wide. */
export function measureDrawing(): void {
  const options: DrawingOptions = {
    axis: 'step',
    scale: null,
    isLogX: false,
    isLogY: false,
    smoothing: 0.6,
    smoothingRange: 1,
    zoom: null,
    end: 1,
    isClipped: false,
    fixed: undefined,
    domain: undefined,
    width: 1000,
  };
  for (const size of SIZES) {
    const steps = Float64Array.from({ length: size }, (_, i) => i),
      values = steps.map((step) => Math.sin(step / 1000) + ((step * 7919) % 997) / 997);
    const curve = { id: 'a', label: 'a', colour: '#000', series: { steps, values } };
    const all = { ...options, smoothingRange: size, end: size };
    for (const smoothing of [0, 0.6]) {
      const times: number[] = [];
      // The first runs are compiled and optimised.
      for (let i = 0; i < WARM_UP; i += 1) draw([curve], { ...all, smoothing });
      for (let i = 0; i < REPEATS; i += 1) {
        const startedAt = performance.now();
        draw([curve], { ...all, smoothing });
        times.push(performance.now() - startedAt);
      }
      console.log(
        `one curve of ${size.toLocaleString('en')} points${smoothing > 0 ? ', smoothed' : ''}: ${median(times)} ms to reduce it to its pixels (median of ${REPEATS})`,
      );
    }
  }
}

/** On the page of a long run: from the press to the frame with the points that the service has sent for it. */
export async function measureChanges({ open }: Site, id: string): Promise<void> {
  const page = await open(`/runs/${id}`);
  await page.locator('.chart .u-over').first().waitFor();
  const change = async (name: string, act: () => Promise<void>): Promise<void> => {
    const answered = page.waitForResponse((response) => response.url().includes('/metrics?'));
    const startedAt = performance.now();
    await act();
    await answered;
    await nextFrames(page);
    console.log(`  ${name}: on screen after ${Math.round(performance.now() - startedAt)} ms`);
  };
  await change('smoothing', async () => {
    await page.getByLabel('Smoothing, from 0 to 0.99').fill('0.6');
    await page.keyboard.press('Enter');
  });
  await change('logarithmic x axis', () => page.getByRole('button', { name: 'Log x axis' }).click());
  const plot = page.locator('.chart .plot').first();
  await plot.focus();
  await change('zoom', () => page.keyboard.press('+'));
  await page.context().close();
}

/** Fifty runs on eight charts, while the pointer moves over one of them. */
export async function measureManyRuns({ client, open }: Site): Promise<void> {
  const ids: string[] = [];
  for (let seed = 0; seed < RUNS; seed += 1) {
    const { id } = await client.submit({
      name: `many ${seed}`,
      dataset: { name: 'moons', samples: 500 },
      model: { layers: [{ type: 'dense', units: 8, activation: 'relu' }] },
      training: { epochs: 80, batchSize: 32, seed },
    });
    ids.push(id);
  }
  for (const id of ids) for await (const _ of client.watch(id, { since: 'latest', snapshots: false }));
  const startedAt = performance.now();
  const page = await open(`/compare?runs=${ids.join()}`, { viewport: { width: 1440, height: 900 } });
  const legend = page.locator('.chart').first().locator('.legend li');
  await legend.nth(RUNS - 1).waitFor();
  await nextFrames(page);
  const opened = Math.round(performance.now() - startedAt);
  await page.locator('.chart .plot').first().scrollIntoViewIfNeeded();
  const box = (await page.locator('.chart .u-over').first().boundingBox())!;
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value;
  const before = await busy();
  for (let i = 0; i < MOVES; i += 1)
    await page.mouse.move(box.x + (box.width * (i + 0.5)) / MOVES, box.y + box.height / 2);
  await nextFrames(page);
  console.log(
    `${RUNS} runs on one page: open after ${opened} ms; ${((((await busy()) - before) * 1000) / MOVES).toFixed(1)} ms of the main thread per movement of the pointer`,
  );
  await page.context().close();
}

const nextFrames = (page: Page): Promise<unknown> =>
  page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1]! * 10) / 10;
}
