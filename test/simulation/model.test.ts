/** The model of the database, on which schedules are searched, does what the real ones do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RUN_STATUSES, type RunStatus } from '../../src/vocabulary/index.ts';
import type { LogChange, LogEntry, LogRecord, RunLog, Store, StopRequest } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';
import { ModelDatabase } from '../support/simulation/model-database.ts';
import { RUN_ID } from '../support/simulation/scenario.ts';
import { SCENARIOS } from '../support/simulation/scenarios.ts';
import { wander } from '../support/simulation/search.ts';
import { modelStore } from '../support/simulation/model-store.ts';
import { SimulatedProcess, type Operation } from '../support/simulation/simulated-process.ts';

/** `gone`: of a process that is not there. */
const WORKERS = ['process_gone/1', 'another/2'] as const;

type Statement =
  | { type: 'claim'; worker: number }
  | {
      type: 'append';
      entries: ('metrics' | 'epochMetrics' | 'event' | 'snapshot' | 'checkpoint')[];
      to: RunStatus | null;
      lateBy: number;
      after: 'end' | 'none' | 'before';
    }
  | { type: 'repeat' }
  | { type: 'transition'; from: RunStatus[]; to: RunStatus; lateBy: number | null }
  | { type: 'renew'; worker: number }
  | { type: 'request'; order: StopRequest }
  | { type: 'requeue'; who: 'all' | 'silent' | 'absent' | 'nobody' };

const TO = ['running', 'queued', 'paused', 'succeeded', 'cancelled'] as const;
const statements: fc.Arbitrary<Statement[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('claim' as const), worker: fc.nat(1) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant('append' as const),
        entries: fc.array(fc.constantFrom('metrics', 'epochMetrics', 'event', 'snapshot', 'checkpoint'), {
          maxLength: 3,
        }),
        to: fc.option(fc.constantFrom(...TO), { freq: 3 }),
        lateBy: fc.constantFrom(0, 0, 0, 1),
        after: fc.constantFrom('end', 'end', 'none', 'before'),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ type: 'repeat' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('transition' as const),
        from: fc.subarray([...RUN_STATUSES], { minLength: 1 }),
        to: fc.constantFrom('queued', 'paused', 'cancelled'),
        lateBy: fc.constantFrom(null, 0, 1),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('renew' as const), worker: fc.nat(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('request' as const), order: fc.constantFrom('pause', 'cancel') }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('requeue' as const),
        who: fc.constantFrom('all', 'silent', 'absent', 'nobody'),
      }),
    },
  ),
  { minLength: 5, maxLength: 25, size: 'max' },
);

/** Statements on one run. What is random in them is chosen before, and what depends on the run follows from it. */
class Player {
  readonly #store: Store;
  readonly #runId: string;
  #step = 0;
  #lastAppend: Readonly<Parameters<RunLog['append']>> | null = null;

  constructor(store: Store, runId: string) {
    this.#store = store;
    this.#runId = runId;
  }

  async play(statement: Statement): Promise<unknown> {
    const { runs, log } = this.#store;
    const id = this.#runId;
    switch (statement.type) {
      case 'claim': {
        const run = await runs.claim(null, WORKERS[statement.worker]!);
        return run && [run.status, run.attempt, run.lastSeq, run.furthestStep, run.stalledAttempts, run.progress];
      }
      case 'append': {
        const { entries, to, lateBy, after } = statement;
        this.#step += 1;
        const change: LogChange = { progress: progressAt(this.#step), ...(to && { to }) };
        const lease = { runId: id, attempt: ((await runs.get(id))?.attempt ?? 0) - lateBy };
        const end = await log.lastSeq(id);
        const known = { end, before: end - 1, none: undefined }[after];
        const append = [lease, entries.map((type) => this.#entry(type)), change, known] as const;
        this.#lastAppend = append;
        return log.append(...append);
      }
      case 'repeat':
        return this.#lastAppend && log.append(...this.#lastAppend);
      case 'transition': {
        const { from, to, lateBy } = statement;
        const attempt = lateBy === null ? {} : { attempt: ((await runs.get(id))?.attempt ?? 0) - lateBy };
        return (await runs.transition(id, { from, to, ...attempt }))?.status;
      }
      case 'renew':
        return (await runs.renew(WORKERS[statement.worker]!, [id])).map(({ attempt, request }) => [attempt, request]);
      case 'request':
        return runs.request(id, statement.order);
      case 'requeue': {
        // Everybody's heartbeat is older than one in the future.
        const [silentMs, absentMs] = {
          all: [0, null],
          silent: [-1000, null],
          absent: [1e8, -1000],
          nobody: [1e8, 1e8],
        }[statement.who] as [number, number | null];
        return (await runs.requeueAbandoned(silentMs, absentMs)).length;
      }
    }
  }

  /** All that there is to see of the run. */
  async look(): Promise<unknown> {
    const { runs, log, checkpoints } = this.#store;
    const id = this.#runId;
    const run = await runs.get(id);
    const checkpoint = await checkpoints.latest(id);
    return [
      run && [run.status, run.attempt, run.progress, run.error],
      (await runs.state(id))?.status,
      await log.lastSeq(id),
      [...(await log.lastSeqs([id])).values()],
      await log.reportedSteps(id),
      (await log.events(id, 2, 2)).data.map(({ seq }) => seq),
      checkpoint && [checkpoint.step, checkpoint.isFinal, [...checkpoint.state]],
      await log.read(id, 0, 1000),
      (await log.page(id, 2, 512, 1e6)).records.length,
    ];
  }

  #entry(type: (Statement & { type: 'append' })['entries'][number]): LogEntry {
    const step = this.#step;
    switch (type) {
      case 'metrics':
        return { type, step, steps: [step], values: { loss: [1 / step] } };
      case 'epochMetrics':
        return { type: 'metrics', step, steps: [step], values: { valLoss: [1 / step] } };
      case 'event':
        return { type, step, event: { code: 'RUN_RESUMED', level: 'info', message: 'x' } };
      case 'checkpoint': {
        const state = Uint8Array.of(step);
        return { type, step, epoch: 0, isFinal: false, isBest: step % 3 === 0, keep: 1, best: null, state };
      }
      case 'snapshot': {
        const layers = [{ name: 'dense_1', units: 1, activation: 'relu' as const }];
        const header = {
          step,
          epoch: 0,
          samples: 1,
          layers,
          fields: ['activeFraction', 'meanActivation', 'meanGradient'],
        };
        return {
          type,
          step,
          header: header as Extract<LogEntry, { type: 'snapshot' }>['header'],
          data: new Float32Array(3),
        };
      }
    }
  }
}

/** Every operation takes effect at once. */
function immediateModel(database: ModelDatabase): Store {
  let born = 0;
  const process = new SimulatedProcess('model', 'model', { now: 0, born: () => born++ });
  const operate = process.operations.push.bind(process.operations);
  process.operations.push = (...operations: Operation[]): number => {
    for (const operation of operations) {
      try {
        operation.settle({ ok: true, value: operation.effect() });
      } catch (error) {
        operation.settle({ ok: false, error });
      }
    }
    return operate();
  };
  let states = 0;
  return modelStore({
    kind: 'embedded',
    database,
    process,
    isConcerned: () => false,
    notify: () => undefined,
    newStateName: () => `state_${String(states++).padStart(6, '0')}`,
    onViolation: () => undefined,
  });
}

/** Without what the clock says. */
const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, each: unknown) => {
      if (key === 'at') return undefined;
      const record = each as LogRecord | null;
      return record && typeof record === 'object' && record.kind === 'snapshot' ? [record.seq, record.step] : each;
    }),
  );

/** Of the run: what is in the log, the state of the row, and the newest checkpoint. */
async function traces({ runs, log, checkpoints }: Store, id: string): Promise<unknown> {
  const run = await runs.get(id);
  const checkpoint = await checkpoints.latest(id);
  return comparable([
    run && [run.status, run.attempt, run.progress, run.summary],
    checkpoint && [checkpoint.step, checkpoint.isFinal, [...checkpoint.state]],
    await log.read(id, 0, 1000),
  ]);
}

describeStores((store, kind) => {
  test('the statements of random schedules leave the same run and log', async () => {
    for (const scenario of Object.values(SCENARIOS)) {
      const kept: ModelDatabase[] = [];
      const seeds = kind === 'embedded' ? [1, 2, 3, 4, 5] : [6, 7, 8];
      await wander(scenario, { seeds, mostFaults: 3, onKept: ({ database }) => kept.push(database) });
      assert.equal(kept.length, seeds.length);
      for (const database of kept) {
        const { steps } = scenario.script;
        const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0, steps) });
        for (const deed of database.deeds) await deed(store(), id);
        assert.deepEqual(await traces(store(), id), await traces(immediateModel(database), RUN_ID));
        await store().runs.delete(id);
      }
    }
  });

  test('any statements on a run have the same results and leave the same log', async () => {
    await fc.assert(
      fc.asyncProperty(statements, async (sequence) => {
        const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
        const model = new ModelDatabase({ now: 0, isPresent: () => false });
        model.create(id, jobSpec(), progressAt(0));
        const real = new Player(store(), id);
        const modelled = new Player(immediateModel(model), id);
        try {
          for (const statement of sequence)
            assert.deepEqual(comparable(await modelled.play(statement)), comparable(await real.play(statement)));
          assert.deepEqual(comparable(await modelled.look()), comparable(await real.look()));
        } finally {
          // No other sequence may claim it.
          await store().runs.delete(id);
        }
      }),
      { numRuns: Number(process.env['RELUMINE_MODEL_RUNS'] ?? (kind === 'embedded' ? 30 : 20)) },
    );
  });
});
