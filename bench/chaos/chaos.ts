/** All kinds of trouble, one after another, on each database. */
import type { Store } from '../../src/store/store.ts';
import { startServer, type TestServer } from '../../test/support/postgres-server.ts';
import { Tally } from './harness/tally.ts';
import { clock } from './troubles/clock.ts';
import { database } from './troubles/database.ts';
import { disk } from './troubles/disk.ts';
import { frozen } from './troubles/frozen.ts';
import { fuzz } from './troubles/fuzz.ts';
import { kills } from './troubles/kills.ts';
import { slow } from './troubles/slow.ts';
import type { Trouble, TroubleOptions } from './troubles/trouble.ts';

export const TROUBLES: Readonly<Record<string, Trouble>> = { fuzz, kills, database, disk, slow, clock, frozen };

export interface ChaosOptions extends Pick<TroubleOptions, 'seed' | 'minutes' | 'isLong' | 'count'> {
  databases: readonly Store['kind'][];
  /** Names of TROUBLES. */
  only: readonly string[];
  onProgress?: (text: string) => void;
}

export async function chaos({ databases, only, onProgress, ...options }: ChaosOptions): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const kind of databases) {
    const server: TestServer | null = kind === 'server' ? await startServer() : null;
    try {
      for (const name of only) {
        onProgress?.(`${name}, ${kind} ...`);
        const tally = new Tally(name, kind);
        tallies.push(tally);
        const createDatabase = async (): Promise<string | null> => (await server?.createDatabase()) ?? null;
        const tell = (text: string): void => onProgress?.(`${name}, ${kind}: ${text}`);
        await TROUBLES[name]!({ ...options, database: kind, createDatabase, tally, onProgress: tell }).catch(
          (error: unknown) => {
            tally.recovered(false, error instanceof Error ? (error.stack ?? error.message) : String(error));
          },
        );
      }
    } finally {
      await server?.stop();
    }
  }
  return tallies;
}
