/** The model of the database as the store of one simulated process: every statement is an operation of the process. */
import type { Hint, RunStore, RunLog, CheckpointStore, Store } from '../../../src/store/store.ts';
import type { Run } from '../../../src/vocabulary/index.ts';
import type { Grown, ModelDatabase } from './model-database.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export interface ModelStoreOptions {
  kind: Store['kind'];
  database: ModelDatabase;
  process: SimulatedProcess;
  /** Whether the process does anything with a hint. */
  isConcerned: (hint: Hint) => boolean;
  /** Brings a hint to the other processes. */
  notify: (hint: Hint) => void;
  newStateName: () => string;
  onViolation: (violation: string) => void;
}

type ModelledStore = Pick<Store, 'kind' | 'presence' | 'publish' | 'subscribe' | 'space'> & {
  runs: Pick<
    RunStore,
    'get' | 'state' | 'claim' | 'transition' | 'renew' | 'request' | 'requeueAbandoned' | 'position'
  >;
  log: Pick<RunLog, 'append' | 'lastSeq' | 'lastSeqs' | 'read' | 'page' | 'events' | 'reportedSteps'>;
  checkpoints: Pick<CheckpointStore, 'latest'>;
  verdicts: { packed: () => Promise<null> };
};

/** It has what the queue and telemetry use of a store. */
export function modelStore({
  kind,
  database,
  process,
  isConcerned,
  notify,
  newStateName,
  onViolation,
}: ModelStoreOptions): Store {
  const read = <T>(name: string, effect: () => T): Promise<T> => process.operate(name, 'read', effect);
  const write = <T>(name: string, effect: () => T): Promise<T> => process.operate(name, 'write', effect);
  const publish = async (hint: Hint): Promise<void> => {
    if (isConcerned(hint)) process.addImmediate(() => process.tell(hint));
    if (kind === 'server') await write(`notify "${hint.type}"`, () => notify(hint));
  };
  const tell = ({ runId, seq }: Grown): void => {
    publish({ type: 'appended', runId, seq }).catch(() => undefined);
  };
  const grown = <T extends { id: string } | null>(changed: T): T => {
    if (changed) tell({ runId: changed.id, seq: database.lastSeq(changed.id) });
    return changed;
  };
  const store: ModelledStore = {
    kind,
    presence: process.presence,
    space: null,
    publish,
    subscribe: (listener) => process.subscribe(listener),
    runs: {
      get: (id) => read('get the run', () => database.get(id)),
      state: (id) => read('get the state', () => database.state(id)),
      position: () => Promise.resolve(null),
      claim: async (_id, workerId) => grown(await write('claim', () => database.claim(workerId))),
      transition: async (id, change) => {
        const transit = (): Run | null => {
          const { status, workerId } = database.runs.get(id) ?? {};
          const changed = database.transition(id, change);
          if (changed && change.to === 'queued' && status === 'running' && !workerId?.startsWith(process.presence))
            onViolation('a process returned a run to the queue that another one had');
          return changed;
        };
        return grown(await write(`to ${change.to}`, transit));
      },
      renew: (workerId, ids) => write('heartbeat', () => database.renew(workerId, ids)),
      request: (id, order) => write(`request ${order}`, () => database.request(id, order)),
      requeueAbandoned: async (silentMs, absentMs = null) => {
        const requeued = await write('requeue', () => database.requeueAbandoned(silentMs, absentMs));
        for (const each of requeued) tell(each);
        return requeued.map(({ runId }) => runId);
      },
    },
    log: {
      lastSeq: (id) => read('get the last seq', () => database.lastSeq(id)),
      lastSeqs: (ids) => {
        const known = database.defect === 'hints that are the only news' ? [] : ids;
        return read('look how long logs are', () => new Map(known.map((id) => [id, database.lastSeq(id)])));
      },
      read: (id, since, limit) => read('read the log', () => database.read(id, since, limit)),
      page: (id, after, to) => read('read a page', () => database.page(id, after, to)),
      events: (id, after, limit) => read('read events', () => database.events(id, after, limit)),
      reportedSteps: (id) => read('get the reported steps', () => database.reportedSteps(id)),
      append: async (lease, entries, change, after) => {
        const names: string[] = [];
        for (const entry of entries) {
          if (entry.type !== 'checkpoint') continue;
          const name = newStateName();
          await write('store a state', () => database.storeState(lease.runId, name, entry.state));
          names.push(name);
        }
        const label = `append ${entries.map(({ type }) => type).join(', ')}${change.to ? ` to ${change.to}` : ''}`;
        const drop = async (): Promise<void> => {
          for (const name of names)
            await write('drop a state', () => database.dropState(lease.runId, name)).catch(() => undefined);
        };
        const appended = await process
          .operate(label, 'transaction', () => database.append(lease, entries, change, after, names))
          .catch(async (error: unknown) => {
            if (database.defect === 'states that go when an append fails') await drop();
            throw error;
          });
        const last = appended?.at(-1);
        if (last) tell({ runId: lease.runId, seq: last.seq });
        if (appended) return appended;
        await drop();
        if (after === undefined) return null;
        return read('read what was written before', () => database.writtenBefore(lease, entries, change, after));
      },
    },
    checkpoints: {
      latest: async (id) => {
        for (;;) {
          const row = await read('get the newest checkpoint', () => database.newestCheckpoint(id));
          if (!row) return null;
          const state = await read('get its state', () => database.stateOf(id, row.stateName));
          if (state) return { ...row, createdAt: '', state };
          const again = await read('get the newest checkpoint', () => database.newestCheckpoint(id));
          if (again?.stateName === row.stateName) throw new Error('A checkpoint has no state.');
        }
      },
    },
    verdicts: { packed: () => Promise.resolve(null) },
  };
  return store as unknown as Store;
}
