/**
 * The whole service in a separate process, and a real browser on it. Nothing is mocked.
 */
import './temporary-files.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { RelumineClient } from '../../src/client/index.ts';
import { launchBrowser } from './browser.ts';
import { putDatabase } from './database.ts';
import { endProcess } from './end-process.ts';
import { freePort } from './free-port.ts';
import { openPage } from './pages.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

export interface Site {
  url: string;
  client: RelumineClient;
  /** A new window, and the problems in it. */
  open: (path: string, options?: BrowserContextOptions) => Promise<Page>;
  /** Problems of the pages opened so far: console errors, exceptions, requests to other hosts. */
  complaints: string[];
  /** Kills the service, like a power failure. */
  kill: () => Promise<void>;
  start: () => Promise<void>;
  close: () => Promise<void>;
}

/** `settings`: more of the environment. */
export async function openSite(settings: Record<string, string> = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'relumine-dashboard-'));
  await putDatabase(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const complaints: string[] = [];
  let browser: Browser | null = null;
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    server = spawn(process.execPath, [CLI, 'serve'], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: folder,
        DATABASE_URL: '',
        WORKERS: '1',
        LOG_LEVEL: 'info',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await listening(server);
  };
  const kill = async (): Promise<void> => {
    if (server) await endProcess(server, 'SIGKILL');
  };
  const close = async (): Promise<void> => {
    await browser?.close();
    await kill();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    browser = await launchBrowser();
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  const opened = browser;
  const open = (path: string, options: BrowserContextOptions = {}): Promise<Page> =>
    openPage(opened, url + path, complaints, options);

  return { url, client: new RelumineClient(url), open, complaints, kill, start, close };
}

/** Reads the address from the log. */
async function listening(server: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout!.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Relumine is at')) resolve();
    });
    server.once('exit', (code, signal) =>
      reject(new Error(`the service ended with ${code ?? signal} before it listened: ${log}`)),
    );
  });
}
