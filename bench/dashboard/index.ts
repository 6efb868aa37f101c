/**
 * Measures the dashboard at its limits, with the real service and a real Chromium: the work per frame while 4,096
 * neurons send ten snapshots per second, the time to open a run with a million metric points, and the charts. Prints the
 * figures. `charts` as its argument leaves out the neurons.
 */
import type { Page } from 'playwright-core';
import { openSite, type Site } from '../../test/support/site.ts';
import { measureChanges, measureDrawing, measureManyRuns } from './charts.ts';

const NEURONS = { layers: 16, units: 256 };
const WATCH_MS = 15_000;
/** Steps of the run with four metrics at every step. */
const STEPS = 250_000;
const OPENINGS = 5;

/** Runs in the page from its start: counts the snapshots that its sockets receive, which are the binary messages. */
const COUNT_SNAPSHOTS = `globalThis.snapshotsReceived = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options);
      this.addEventListener('message', ({ data }) => { if (typeof data !== 'string') globalThis.snapshotsReceived += 1; });
    }
  };`;

/** Runs in the page from its start: records the time from the start of navigation until curves and field are drawn. */
const NOTE_WHEN_OPEN = `globalThis.openedAtMs = NaN;
  requestAnimationFrame(function look() {
    if (document.querySelector('.chart .u-over') && document.querySelector('.field-frame canvas')) requestAnimationFrame(() => { globalThis.openedAtMs = performance.now(); });
    else requestAnimationFrame(look);
  });`;

const site = await openSite();
try {
  measureDrawing();
  await measureManyRuns(site);
  if (process.argv[2] !== 'charts') await measureField(site);
  await measureChanges(site, await measureLongRun(site));
  if (site.complaints.length > 0) console.log('complaints:', site.complaints);
} finally {
  await site.close();
}

async function measureField({ client, open, url }: Site): Promise<void> {
  const { id } = await client.submit({
    name: 'wide',
    dataset: { name: 'mnist', limit: 5000 },
    model: {
      layers: Array.from({ length: NEURONS.layers }, () => ({
        type: 'dense',
        units: NEURONS.units,
        activation: 'relu',
      })),
    },
    training: { epochs: 10_000, batchSize: 8, seed: 1, optimizer: { type: 'sgd', learningRate: 0.0001 } },
    telemetry: { snapshotsPerSecond: 10 },
  });
  const page = await open('/', { viewport: { width: 1440, height: 900 } });
  await page.addInitScript(COUNT_SNAPSHOTS);
  await page.goto(`${url}/runs/${id}`);
  await page.locator('.field-frame canvas').first().waitFor();
  const busySeconds = await readProcessorTime(page);
  const busyBefore = await busySeconds();
  const { work, intervals, received, shown } = await page.evaluate<{
    work: number[];
    intervals: number[];
    received: number;
    shown: number;
  }>(watchFrames(WATCH_MS));
  const busy = (await busySeconds()) - busyBefore;
  await client.cancel(id);
  console.log(
    `field: ${NEURONS.layers * NEURONS.units} neurons, ${perSecond(received)} snapshots/s received, ${perSecond(shown)} shown, ${work.length} frames in ${WATCH_MS / 1000} s`,
  );
  console.log(
    `  work per frame: median ${quantile(work, 0.5)} ms, p95 ${quantile(work, 0.95)} ms, p99 ${quantile(work, 0.99)} ms`,
  );
  console.log(`  CPU time of the main thread: ${((busy * 1000) / work.length).toFixed(1)} ms per frame`);
  console.log(`  between frames: median ${quantile(intervals, 0.5)} ms, p95 ${quantile(intervals, 0.95)} ms`);
  console.log(`  JS heap: ${await heapMb(page)} MB`);
  await page.context().close();
}

async function measureLongRun({ client, open }: Site): Promise<string> {
  const samples = 2048,
    batchSize = 64,
    stepsPerEpoch = (samples * 0.9) / batchSize;
  const { id } = await client.submit({
    name: 'long',
    dataset: { name: 'spirals', samples },
    model: { layers: [{ type: 'dense', units: 8, activation: 'relu' }] },
    training: { epochs: Math.ceil(STEPS / stepsPerEpoch), batchSize, seed: 1 },
    telemetry: { metricsEverySteps: 1 },
  });
  for await (const _ of client.watch(id, { since: 'latest', snapshots: false }));
  const { series } = await client.metrics(id, { points: 'all' });
  const points = Object.values(series).reduce((sum, { steps }) => sum + steps.length, 0);
  const opened: number[] = [];
  let heap = 0;
  for (let i = 0; i < OPENINGS; i += 1) {
    const page = await open('/');
    await page.addInitScript(NOTE_WHEN_OPEN);
    await page.goto(`${site.url}/runs/${id}`);
    await page.locator('.chart .u-over').first().waitFor();
    await page.locator('.field-frame canvas').first().waitFor();
    opened.push(await page.evaluate<number>('openedAtMs'));
    heap = Math.max(heap, await heapMb(page));
    await page.context().close();
  }
  console.log(
    `long run: ${points.toLocaleString('en')} metric points; curves and field on screen after ${quantile(opened, 0.5)} ms (median of ${OPENINGS}; slowest ${quantile(opened, 1)} ms); JS heap ${heap} MB`,
  );
  return id;
}

/**
 * Runs in the page. The work of a frame lasts from its start to the first task after it was drawn. It shows everything
 * that arrived since the previous frame.
 */
function watchFrames(ms: number): string {
  return `new Promise((resolve) => {
    const work = [], intervals = [];
    const channel = new MessageChannel();
    const startedAt = performance.now();
    const receivedBefore = snapshotsReceived;
    let begun = 0, last = 0, known = receivedBefore, shown = 0;
    channel.port1.onmessage = () => { work.push(performance.now() - begun); };
    requestAnimationFrame(function frame(now) {
      begun = performance.now();
      if (last) intervals.push(now - last);
      last = now;
      if (snapshotsReceived !== known) { known = snapshotsReceived; shown += 1; }
      channel.port2.postMessage(null);
      if (begun - startedAt < ${ms}) requestAnimationFrame(frame);
      else resolve({ work, intervals, received: snapshotsReceived - receivedBefore, shown });
    });
  })`;
}

/** CPU time, which does not include other processes. */
async function readProcessorTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return Math.round(usedSize / 1e6);
}

function perSecond(count: number): string {
  return (count / (WATCH_MS / 1000)).toFixed(1);
}

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN) * 10) / 10;
}
