/**
 * A new database of either kind for a test. The embedded one is copied from a template that is made once per build,
 * because creating one takes several seconds.
 *
 *   for (const kind of STORE_KINDS) {
 *     test(`a run is queued (${kind})`, () => withStore(kind, async (store) => { ... }));
 *   }
 */
import './temporary-files.ts';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compile } from '../../src/engine/executors/wasm/runtime.ts';
import { lockData } from '../../src/store/embedded/data-lock.ts';
import { readMigrations } from '../../src/store/postgres/migrations.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';
import { sharedServer } from './shared-server.ts';

export type StoreKind = Store['kind'];
export const STORE_KINDS: readonly StoreKind[] = ['embedded', 'server'];

export interface TestDatabase extends Pick<StoreOptions, 'databaseUrl' | 'dataDir'> {
  /** Removes the database. Everything that has it open is closed first. */
  remove(): Promise<void>;
}

/** Runs `body` on a separate store, which is closed and removed afterwards, even if the test fails. */
export async function withStore(
  kind: StoreKind,
  body: (store: Store, database: TestDatabase) => Promise<void>,
): Promise<void> {
  await withDatabase(kind, async (database) => {
    const store = await openStore(database);
    try {
      await body(store, database);
    } finally {
      await store.close();
    }
  });
}

/**
 * Runs the same tests on both kinds of store, with one store for all of them. They share its tables, so each test looks
 * only at what it created.
 */
export function describeStores(body: (store: () => Store, kind: StoreKind) => void): void {
  for (const kind of STORE_KINDS) {
    describe(kind, () => {
      let database: TestDatabase | undefined;
      let store: Store | undefined;
      before(async () => {
        database = await createDatabase(kind);
        store = await openStore(database);
      });
      after(async () => {
        await store?.close();
        await database?.remove();
      });
      body(() => {
        if (!store) throw new Error('the store is open only while tests run');
        return store;
      }, kind);
    });
  }
}

/** Like withStore, for tests that open the store themselves or in another process. */
export async function withDatabase(kind: StoreKind, body: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createDatabase(kind);
  try {
    await body(database);
  } finally {
    await database.remove();
  }
}

/** For tests whose database outlives a function. The caller removes it. */
export async function createDatabase(kind: StoreKind): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'relumine-test-'));
  const remove = async (): Promise<void> => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  if (kind === 'server') return { databaseUrl: await (await sharedServer()).createDatabase(), dataDir, remove };
  await Promise.all([putDatabase(dataDir), holdEngine()]);
  return { databaseUrl: null, dataDir, remove };
}

/** While this process holds the compiled engine, each database that it opens after the first starts in half of the time. */
let held: Promise<unknown> | null = null;
const holdEngine = (): Promise<unknown> =>
  (held ??= readFile(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))).then(compile));

/** Puts an embedded database with nothing in it where a service with this DATA_DIR looks for it. */
export async function putDatabase(dataDir: string): Promise<void> {
  copyFolder(await template(), join(dataDir, 'database'));
}

/** A database is a thousand files: one call after another takes a tenth of the processor time of `cp`. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true }))
    (entry.isDirectory() ? copyFolder : copyFileSync)(join(from, entry.name), join(to, entry.name));
}

const TEMPLATES = fileURLToPath(new URL('../../embedded-templates/', import.meta.url));

let ready: Promise<string> | null = null;
const template = (): Promise<string> => (ready ??= makeTemplate());

/** Test files run in parallel: the first one makes the template, the others wait for it. */
async function makeTemplate(): Promise<string> {
  const place = join(TEMPLATES, await fingerprint());
  const exists = (): Promise<boolean> =>
    stat(place).then(
      () => true,
      () => false,
    );
  await mkdir(TEMPLATES, { recursive: true });
  while (!(await exists())) {
    const lock = await lockData(TEMPLATES).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error;
      return null;
    });
    if (!lock) {
      await delay(100);
      continue;
    }
    try {
      if (await exists()) break;
      const draft = await mkdtemp(join(TEMPLATES, 'draft-'));
      const store = await openStore({ databaseUrl: null, dataDir: draft });
      await store.close();
      await rename(join(draft, 'database'), place);
      await rm(draft, { recursive: true });
    } finally {
      await lock.release();
    }
  }
  return place;
}

/** Everything that a new database depends on. */
async function fingerprint(): Promise<string> {
  const sources = ['initialize.js', 'settings.js'].map((name) =>
    readFile(new URL(`../../src/store/embedded/${name}`, import.meta.url), 'utf8'),
  );
  const engine = readFile(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8');
  const migrations = (await readMigrations()).map(({ checksum }) => checksum);
  return createHash('sha256')
    .update(JSON.stringify([migrations, ...(await Promise.all([...sources, engine]))]))
    .digest('hex')
    .slice(0, 16);
}
