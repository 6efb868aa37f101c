/**
 * The order of waiting runs: one pg-boss job per run, from its submission to its end. Its group says whose run it is, so
 * that projects can take turns. The job waits while the run is
 * queued. It is parked (pg-boss state `cancelled`) while the run is running or paused, so a run that returns to the
 * queue keeps its place in the order of submission.
 */
import { createHash } from 'node:crypto';
import { PgBoss, type Db } from 'pg-boss';
import { isFinal } from '../vocabulary/index.ts';
import type { Store, WaitingRun } from '../store/store.ts';
import { groupName, Turns, type ConcurrencyLimits } from './turns.ts';

const QUEUE = 'runs';
/** After this time, others may take a job whose process died before parking it. */
const TAKEN_SECONDS = 10;
const YEARS_IN_SECONDS = 10 * 365 * 86_400;

/** The next run, and its job, which must be parked before the run is claimed. */
export interface Next {
  runId: string;
  job: { id: string; retryCount: number };
  /** How many runs of its project and its person may be running at once, this one included. */
  limits: ConcurrencyLimits;
}

export class WaitingList {
  readonly #store: Pick<Store, 'pool' | 'runs' | 'setUp'>;
  readonly #boss: PgBoss;
  readonly #limits: ConcurrencyLimits;

  /** `limits`: of projects and people without limits of their own. */
  constructor(
    store: Pick<Store, 'pool' | 'runs' | 'setUp'>,
    { limits, onError }: { limits: ConcurrencyLimits; onError: (error: unknown) => void },
  ) {
    this.#store = store;
    this.#limits = limits;
    const db: Db = { executeSql: (text, values) => store.pool.query(text, values) };
    this.#boss = new PgBoss({
      db,
      schema: 'pgboss',
      schedule: false,
      registerInstance: false,
      reindex: false,
      monitorVacuum: false,
      openTelemetry: { enabled: false },
      superviseIntervalSeconds: TAKEN_SECONDS,
      monitorIntervalSeconds: TAKEN_SECONDS,
    });
    this.#boss.on('error', onError);
  }

  async start(): Promise<void> {
    await this.#store.setUp(async () => {
      await this.#boss.start();
      await this.#boss.createQueue(QUEUE, {
        policy: 'standard',
        retryLimit: 2 ** 31 - 1,
        retryDelay: 0,
        expireInSeconds: TAKEN_SECONDS,
        retentionSeconds: YEARS_IN_SECONDS,
        deleteAfterSeconds: 0,
      });
    });
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false });
  }

  /** Makes the runs wait, each in the place of its submission. Has no effect on runs that are already waiting. */
  async add(runs: readonly WaitingRun[]): Promise<void> {
    if (runs.length === 0) return;
    await this.#boss.insert(
      QUEUE,
      runs.map((run) => ({
        id: jobId(run.id),
        data: { runId: run.id },
        priority: run.priority,
        group: { id: groupName(run) },
      })),
    );
    await this.#boss.resume(
      QUEUE,
      runs.map(({ id }) => jobId(id)),
    );
  }

  /** Takes at most `count` runs: of each project in its turn, by highest priority, then earliest submission. */
  async take(count: number): Promise<Next[]> {
    const turns = new Turns(await this.#store.runs.waitingGroups(), this.#limits);
    const taken: Next[] = [];
    for (let turn = turns.next(); turn !== null && taken.length < count; turn = turns.next()) {
      const [job] = await this.#boss.fetch<{ runId: string }>(QUEUE, { ignoreGroups: turn.others });
      if (!job) {
        turns.exhaust(turn.project);
        continue;
      }
      const group = job.groupId ?? '';
      turns.take(turn.project, group);
      taken.push({
        runId: job.data.runId,
        job: { id: job.id, retryCount: job.retryCount },
        limits: turns.limitsOf(group),
      });
    }
    return taken;
  }

  /** The run belongs to another project now. Where it waits, it keeps its place in the order of submission. */
  async regroup(run: WaitingRun): Promise<void> {
    await this.#boss.update(QUEUE, undefined, { id: jobId(run.id), group: { id: groupName(run) } });
  }

  /** Parks a taken job, unless it was made to wait again in the meantime. */
  async park({ job }: Next): Promise<void> {
    await this.#boss.cancel(QUEUE, job);
  }

  /** Stops the runs from waiting, even if their jobs were already taken. */
  async withdraw(runIds: readonly string[]): Promise<void> {
    if (runIds.length > 0) await this.#boss.cancel(QUEUE, runIds.map(jobId));
  }

  /** Brings the run's job in line with the run's state, which is the truth. Returns whether the run waits. */
  async follow(runId: string): Promise<boolean> {
    const state = await this.#store.runs.state(runId);
    if (!state || isFinal(state.status)) await this.#boss.deleteJob(QUEUE, jobId(runId));
    if (state?.status !== 'queued') return false;
    await this.add([{ ...state, id: runId }]);
    return true;
  }
}

/** A run's job always has the same id, so it exists only once, however often it is added. */
function jobId(runId: string): string {
  const hex = createHash('sha256').update(runId).digest('hex');
  // Version 8 of RFC 9562: a custom id.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
