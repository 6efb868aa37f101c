/**
 * A real Chromium for tests: from PATH, or installed here. Otherwise an error says what to install; tests are never
 * skipped silently.
 */
import './temporary-files.ts';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/**
 * The headless shell comes first: it is the same engine without the windows of a desktop browser, which take more than
 * half of the processor time even when nobody sees them.
 */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Old releases of Debian have the second only. */
const DEBIAN_PACKAGES = ['chromium-headless-shell', 'chromium'];

/**
 * Of what a browser draws around a page, the parts that are pages themselves, each with a process of its own. The others
 * are in Playwright's own list, which this one replaces, and matter to pages.
 */
const UNUSED_FEATURES = [
  'InitialWebUI',
  'WebUIReloadButton',
  'WebUIToolbar',
  'WebUILocationBar',
  'PreloadTopChromeWebUI',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

/** Without the flags against background work, Chromium contacts its vendor's hosts at every start. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${UNUSED_FEATURES.join()}`,
];

/** The caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: isRoot() ? ['--no-sandbox', ...ARGUMENTS] : ARGUMENTS,
  });
}

/** Path of the executable. Throws if there is none and it cannot be installed. */
export function findChromium(): string {
  const faults: string[] = [];
  for (const find of [onPath, fromPlaywright, installDebianPackage, installFromPlaywright]) {
    try {
      const path = find();
      if (path) return path;
    } catch (error) {
      faults.push((error as Error).message.split('\n')[0]!);
    }
  }
  throw new Error(
    `These tests need Chromium. Install it (Debian: apt-get install chromium-headless-shell; elsewhere: npx playwright-core install chromium) or put one on PATH. Tried: ${faults.join('; ')}`,
  );
}

function onPath(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return places.find(isExecutable) ?? null;
}

const fromPlaywright = (): string | null => (existsSync(chromium.executablePath()) ? chromium.executablePath() : null);

/** Test files run in parallel: one installs, the others wait at the lock and then find it installed. */
function installDebianPackage(): string | null {
  if (!isRoot() || !existsSync('/usr/bin/apt-get')) return null;
  const isThere = DEBIAN_PACKAGES.map((name) => `command -v ${name}`).join(' || ');
  const install = DEBIAN_PACKAGES.map((name) => `apt-get -q -y --no-install-recommends install ${name}`).join(' || ');
  const script = `${isThere} || { apt-get -q update && { ${install}; }; }`;
  execFileSync('flock', [join(tmpdir(), 'relumine-chromium.lock'), 'sh', '-c', script], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return onPath();
}

function installFromPlaywright(): string | null {
  execFileSync('npx', ['--no-install', 'playwright-core', 'install', 'chromium'], { stdio: 'ignore' });
  return fromPlaywright();
}

const isRoot = (): boolean => process.getuid?.() === 0;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
