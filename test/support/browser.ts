/**
 * A real Chromium for tests: from PATH, or installed here. Otherwise an error says what to install; tests are never
 * skipped silently.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Without the flags against background work, Chromium contacts its vendor's hosts at every start. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
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
    `These tests need Chromium. Install it (Debian: apt-get install chromium; elsewhere: npx playwright-core install chromium) or put one on PATH. Tried: ${faults.join('; ')}`,
  );
}

function onPath(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) if (isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

const fromPlaywright = (): string | null => (existsSync(chromium.executablePath()) ? chromium.executablePath() : null);

/** Test files run in parallel: one installs, the others wait at the lock and then find it installed. */
function installDebianPackage(): string | null {
  if (!isRoot() || !existsSync('/usr/bin/apt-get')) return null;
  const script =
    'command -v chromium || { apt-get -q update && apt-get -q -y --no-install-recommends install chromium; }';
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
