/** One service on one database, with everything that belongs to it, for one trouble. */
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../../src/store/store.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { send } from './requests.ts';
import { ServiceProcess } from './service-process.ts';
import type { Tally } from './tally.ts';

export interface WorldOptions {
  database: Store['kind'];
  /** Of a Postgres server; null: embedded. */
  databaseUrl: string | null;
  tally: Tally;
  /** Instead of a folder of its own. */
  dataDir?: string;
}

const LONGEST_START_MS = 120_000;

export class World {
  readonly database: Store['kind'];
  readonly tally: Tally;
  readonly folder: string;
  readonly dataDir: string;
  readonly port: number;
  readonly #databaseUrl: string | null;
  readonly #processes = new Set<ServiceProcess>();
  #started = 0;

  private constructor({ database, databaseUrl, tally, dataDir }: WorldOptions, folder: string, port: number) {
    this.database = database;
    this.tally = tally;
    this.folder = folder;
    this.dataDir = dataDir ?? join(folder, 'data');
    this.port = port;
    this.#databaseUrl = databaseUrl;
    mkdirSync(this.dataDir, { recursive: true });
  }

  static async open(options: WorldOptions): Promise<World> {
    return new World(options, await mkdtemp(join(tmpdir(), 'relumine-chaos-')), await freePort());
  }

  /** For processes of the service. */
  get env(): Record<string, string> {
    return {
      HOST: '127.0.0.1',
      PORT: String(this.port),
      DATA_DIR: this.dataDir,
      DATABASE_URL: this.#databaseUrl ?? '',
      RATE_LIMIT_PERSON: '0',
      RATE_LIMIT_ADDRESS: '0',
    };
  }

  spawn(role: 'serve' | 'worker', env: Record<string, string> = {}): ServiceProcess {
    const logFile = join(this.folder, `${role}-${++this.#started}.log`);
    const started = new ServiceProcess({ role, env: { ...this.env, ...env }, logFile });
    this.#processes.add(started);
    return started;
  }

  /** Starts the service and waits until it answers. Throws if it does not start. */
  async serve(env: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = this.spawn('serve', env);
    if (!(await this.ready(service))) throw new Error(`The service did not start: ${service.ending}`);
    return service;
  }

  /** Whether the service is ready in time. */
  async ready(service: ServiceProcess, withinMs = LONGEST_START_MS): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline && !service.hasExited) {
      const answer = await send(this.port, { method: 'GET', path: '/health/ready' }, 5000);
      if (typeof answer === 'object' && answer.status === 200) return true;
      await delay(20);
    }
    return false;
  }

  /** Ends all processes. Their logs are kept if something went wrong. */
  async close(): Promise<void> {
    for (const one of this.#processes) await one.end('SIGKILL');
    if (this.tally.hasFailed) this.tally.problems.push(`logs: ${this.folder}`);
    else await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
