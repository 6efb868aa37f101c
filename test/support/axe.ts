import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** What axe-core finds on the page as it is now, or in one part of it. */
async function violations(page: Page, part: string, rules: object): Promise<AxeResult['violations']> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(AXE);
  const options = JSON.stringify({ resultTypes: ['violations'], ...rules });
  const found = await page.evaluate<AxeResult>(`axe.run(document.querySelector(${JSON.stringify(part)}), ${options})`);
  return found.violations;
}

const textOf = ({ id, nodes }: AxeResult['violations'][number]): string =>
  `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`.slice(0, 1000);
const isSerious = ({ impact }: AxeResult['violations'][number]): boolean =>
  impact === 'serious' || impact === 'critical';

/** What axe-core finds on the page as it is now, if it is serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  return (await violations(page, 'html', {})).filter(isSerious).map(textOf);
}

/**
 * What axe-core finds in both themes, on the page as it is now: everything in the light one, and in the dark one what
 * depends on colours.
 */
export async function faultsInBothThemes(page: Page, { part = 'html', onlySerious = false } = {}): Promise<string[]> {
  const faults: string[] = [];
  for (const [colorScheme, rules] of [
    ['light', {}],
    ['dark', { runOnly: ['color-contrast', 'link-in-text-block'] }],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Drawings take the new colours in the next frame.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const found = await violations(page, part, rules);
    faults.push(
      ...found.filter((one) => !onlySerious || isSerious(one)).map((one) => `${colorScheme}, ${textOf(one)}`),
    );
  }
  return faults;
}
