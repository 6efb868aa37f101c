/** Pages of a real browser, with the problems in them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** Long enough for a busy machine. Nothing waits this long if what it waits for comes sooner. */
export const PATIENCE_MS = 100_000;

/**
 * A new window. Nothing moves in it by itself unless the options say so, because nobody sees what is drawn sixty times a
 * second. Console errors, exceptions and requests to other hosts are added to `complaints`. `cookie`: of a
 * session.
 */
export async function openPage(
  browser: Browser,
  url: string,
  complaints: string[],
  { cookie, ...options }: BrowserContextOptions & { cookie?: string | undefined } = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const [name, value] = cookie?.split('=') ?? [];
  const { origin } = new URL(url);
  if (name !== undefined && value !== undefined) await context.addCookies([{ name, value, url: origin }]);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('console', (message) => {
    // On a busy machine the service says so, and the page asks again. What it then shows is looked at.
    if (message.text().includes('status of 503')) return;
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(`fault: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
      complaints.push(`foreign request: ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

/** Every width that a page has to fit, from a small phone to a large screen. */
export const WIDTHS = [320, 390, 768, 1024, 1440, 2560];

/** Longer than a drawing takes to follow the size of its panel. */
const SETTLED_MS = 5000;

/** Makes the page that is open so wide, one width after another, and says where it scrolls sideways. */
export async function tooWide(page: Page, widths: readonly number[]): Promise<string[]> {
  const faults: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    const deadline = Date.now() + SETTLED_MS;
    for (;;) {
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))');
      const [content, screen] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      if (content <= screen) break;
      if (Date.now() < deadline) continue;
      faults.push(`${page.url()} is ${content} wide on a screen of ${screen}`);
      break;
    }
  }
  return faults;
}

/** Longer than a page takes to notice what is on screen. */
const NOTICED_MS = 3000;

/**
 * Scrolls to a panel that asks for its data when it is on screen, until `awaited` is in it. What comes late above it moves it away,
 * also before it has noticed.
 */
export async function scrollTo(panel: Locator, awaited: Locator): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    await panel.scrollIntoViewIfNeeded();
    try {
      return await awaited.waitFor({ timeout: NOTICED_MS });
    } catch (error) {
      if (Date.now() < giveUpAt) continue;
      const box = await panel.boundingBox();
      throw new Error(`The panel at ${JSON.stringify(box)} has: ${await panel.innerText()}`, { cause: error });
    }
  }
}

/** Longer than a page takes to do what a drag asks for. */
const DRAGGED_MS = 5000;
/** What has not moved for so long does not move by itself any more, nearly always. */
const STILL_MS = 500;

/**
 * Drags over `target`, from one share of its width to another, and `further` pixels to the right, until `isDone`. What comes late
 * above it moves it, also while the pointer is on its way: then `undo` takes back what came of it, and it is dragged again.
 */
export async function drag(
  page: Page,
  target: Locator,
  { from, to, further = 0 }: { from: number; to: number; further?: number },
  { isDone, undo }: { isDone: () => boolean; undo?: () => Promise<unknown> },
): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const { x, y, width, height } = await stillBox(target);
    const middle = y + height / 2;
    await page.mouse.move(x + width * from, middle);
    await page.mouse.down();
    await page.mouse.move(x + width * to + further, middle, { steps: 5 });
    await page.mouse.up();
    const againAt = Date.now() + DRAGGED_MS;
    while (!isDone() && Date.now() < againAt) await delay(50);
    if (isDone()) return;
    if (Date.now() > giveUpAt) throw new Error(`Nothing came of dragging. The address is ${page.url()}`);
    await undo?.();
  }
}

async function stillBox(target: Locator): Promise<NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>> {
  await target.hover();
  let last = await target.boundingBox();
  for (let since = Date.now(); ; await delay(50)) {
    const box = await target.boundingBox();
    if (JSON.stringify(box) !== JSON.stringify(last)) {
      await target.hover();
      last = await target.boundingBox();
      since = Date.now();
    } else if (box && Date.now() - since >= STILL_MS) return box;
  }
}
