/**
 * Runs trials: submits a few runs at a time behind all others, judges each one that ends, and decides what is still worth
 * trying. The database holds everything that has been decided, so any process can go on where another one stopped. Two
 * that do so at once come to the same decisions, and a trial has at most one run.
 */
import { RelumineError } from '../errors.ts';
import { keptHashesOf } from '../jobs/index.ts';
import { isEvidence, layerSizes } from '../neurons/index.ts';
import {
  isFinal,
  taskOf,
  type Advice,
  type Diagnosis,
  type LayersAnswer,
  type Run,
  type Trials,
  type TrialsJob,
} from '../vocabulary/index.ts';
import type { RunQueue } from '../queue/queue.ts';
import type { AnswerKey, RunSource, Store, StoredTrials, TrialResult, TrialsStore } from '../store/store.ts';
import { inMeasuredOrder, toAnswer } from './answer.ts';
import { examine } from './examine.ts';
import { judgeTrial } from './judge-trial.ts';
import { patchJob, piecesToTry, trialJob, type PatchedJob } from './pieces.ts';
import { COMPARED, countOf, isFarBehind, LEAST_STEPS_TO_STOP, nextTrials, UNTOUCHED } from './prospects.ts';
import type { RunTrials } from './trials.ts';

type Part = Awaited<ReturnType<TrialsStore['parts']>>[number];

/** The part of a pino logger that trials use. */
export interface TrialsLog {
  warn(context: object, sentence: string): void;
}

export interface TrialRunnerOptions {
  store: Store;
  queue: Pick<RunQueue, 'checkRoom' | 'submitTrial' | 'cancel'>;
  log: TrialsLog;
  /** Between two looks at the database for trials that another process began or left behind. */
  rereadMs?: number;
}

/** Trials that this process drives. */
interface Driven {
  trials: StoredTrials;
  /** The runs that exist, by their ids. */
  parts: Map<string, Part>;
  /** The job of each piece that was submitted from here. */
  jobs: Map<number, PatchedJob>;
  /** Runs that are past the steps of the comparison, and whether they are far behind. */
  compared: Map<string, boolean>;
  advancing: Promise<void> | null;
  isNudged: boolean;
}

/** Waiting trials, beside as many as are running: enough to keep every thread busy. */
const LEAST_WAITING = 2;
const DEFAULT_SEEDS = 3;
const LARGEST_SEED = 2 ** 31;

export class TrialRunner implements RunTrials {
  readonly #store: Store;
  readonly #queue: TrialRunnerOptions['queue'];
  readonly #log: TrialsLog;
  readonly #rereadMs: number;
  readonly #driven = new Map<string, Driven>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopping = false;

  constructor({ store, queue, log, rereadMs = 5000 }: TrialRunnerOptions) {
    this.#store = store;
    this.#queue = queue;
    this.#log = log;
    this.#rereadMs = rereadMs;
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#store.subscribe((hint) => {
      if (hint.type === 'missed') for (const driven of this.#driven.values()) void this.#nudge(driven);
      if (hint.type !== 'appended') return;
      for (const driven of this.#driven.values()) if (driven.parts.has(hint.runId)) void this.#nudge(driven);
    });
    await this.#reread();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unsubscribe?.();
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all([...this.#driven.values()].map(async ({ advancing }) => advancing));
  }

  async begin(
    run: Run,
    { advice = 'all', seeds: count = DEFAULT_SEEDS }: TrialsJob,
    { by = null, answer }: { by?: string | null; answer?: AnswerKey | null } = {},
  ): Promise<Trials> {
    const { diagnosis, data } = await examine(this.#store, run);
    if (data === null && !isFinal(run.status))
      throw wrongState(
        `Run "${run.id}" has no diagnosis yet. The first verdict on its neurons is taken when training starts.`,
      );
    const chosen = advice === 'all' ? diagnosis.advice : select(diagnosis.advice, advice);
    const stored = await this.#storedFor(run);
    const pieces = piecesToTry(chosen, (patch) => patchJob(run.spec, patch, stored) !== null);
    if (pieces.length === 0) throw wrongState(`The diagnosis of run "${run.id}" has no advice that can be tried.`);
    await this.#queue.checkRoom();
    const first = run.spec.training.seed;
    const plan = {
      task: taskOf(run.spec.training.loss),
      seeds: Array.from({ length: count }, (_, index) => (first + index) % LARGEST_SEED),
      pieces,
      ...(by !== null && { by }),
    };
    const trials = await this.#store.trials.begin(run.id, plan, answer);
    if (trials === null) throw wrongState(`Trials of run "${run.id}" are already running. Cancel them first.`);
    await this.#nudge(this.#drive(trials));
    return this.#answer(trials);
  }

  async get(runId: string): Promise<Trials | null> {
    const trials = await this.#store.trials.get(runId);
    return trials && this.#answer(trials);
  }

  async cancel(runId: string): Promise<Trials | null> {
    const trials = await this.#store.trials.get(runId);
    if (!trials) return null;
    if (await this.#store.trials.end(trials.id, 'cancelled')) {
      const driven = this.#drive(trials);
      // What is in progress may have begun before the end.
      await driven.advancing;
      await this.#nudge(driven);
    }
    return this.get(runId);
  }

  async layersOf({ id }: Run): Promise<LayersAnswer> {
    const verdicts = await this.#store.verdicts.all(id);
    return { object: 'layers', runId: id, steps: verdicts.map(({ step }) => step), layers: layerSizes(verdicts) };
  }

  async diagnose(run: Run): Promise<Diagnosis> {
    const [{ diagnosis }, trials] = await Promise.all([examine(this.#store, run), this.#store.trials.get(run.id)]);
    return inMeasuredOrder(diagnosis, trials);
  }

  async #answer({ id, runId }: StoredTrials): Promise<Trials> {
    const [trials, parts] = await Promise.all([this.#store.trials.get(runId), this.#store.trials.parts(id)]);
    if (!trials) throw wrongState(`The trials of run "${runId}" were deleted.`);
    return toAnswer(trials, parts);
  }

  #drive(trials: StoredTrials): Driven {
    const known = this.#driven.get(trials.id);
    if (known) return known;
    const driven: Driven = {
      trials,
      parts: new Map(),
      jobs: new Map(),
      compared: new Map(),
      advancing: null,
      isNudged: false,
    };
    this.#driven.set(trials.id, driven);
    return driven;
  }

  /** Also takes care of lost hints. */
  async #reread(): Promise<void> {
    try {
      for (const trials of await this.#store.trials.unfinished()) void this.#nudge(this.#drive(trials));
    } catch (error) {
      this.#log.warn({ err: error }, 'could not look for unfinished trials; retrying');
    }
    if (!this.#isStopping) this.#timer = setTimeout(() => void this.#reread(), this.#rereadMs);
  }

  /** Resolves when everything that can be decided now has been decided. Never rejects. */
  #nudge(driven: Driven): Promise<void> {
    if (driven.advancing) {
      driven.isNudged = true;
      return driven.advancing;
    }
    driven.advancing = this.#advance(driven)
      .catch((error: unknown) => {
        this.#log.warn({ err: error, runId: driven.trials.runId }, 'could not go on with trials; retrying');
      })
      .then(() => {
        driven.advancing = null;
        if (!driven.isNudged) return;
        driven.isNudged = false;
        void this.#nudge(driven);
      });
    return driven.advancing;
  }

  async #advance(driven: Driven): Promise<void> {
    if (this.#isStopping) return;
    const { id } = driven.trials;
    const [status, parts] = await Promise.all([this.#store.trials.status(id), this.#store.trials.parts(id)]);
    driven.parts = new Map(parts.map((part) => [part.id, part]));
    if (status === 'cancelled') await this.#cancelParts(parts);
    if (status === 'running') await this.#goOn(driven, parts);
    else this.#driven.delete(id);
  }

  async #goOn(driven: Driven, parts: readonly Part[]): Promise<void> {
    const { id, plan } = driven.trials;
    for (const part of parts) await this.#judge(driven, part);
    const { open, skipped } = nextTrials(plan, driven.trials.results);
    const result: TrialResult = { runId: null, outcome: 'skipped', isFixed: false, score: null, figures: {} };
    if (skipped.length > 0) await this.#keep(driven, Object.fromEntries(skipped.map((number) => [number, result])));
    if (Object.keys(driven.trials.results).length === countOf(plan)) {
      await this.#store.trials.end(id, 'finished');
      this.#driven.delete(id);
      return;
    }
    const started = new Set(parts.map(({ trial }) => trial));
    const count = (wanted: Part['status']): number => parts.filter(({ status }) => status === wanted).length;
    const room = Math.max(LEAST_WAITING, count('running')) - count('queued');
    const next = open.filter((number) => !started.has(number)).slice(0, Math.max(0, room));
    if (next.length > 0) await this.#submit(driven, next);
  }

  /** Keeps the result of a run that has ended, and stops one that has no prospects. */
  async #judge(driven: Driven, part: Part): Promise<void> {
    const { trials } = driven;
    if (trials.results[part.trial] !== undefined) return;
    const isBehind = await this.#isFarBehind(driven, part);
    if (isBehind === null) return;
    if (isBehind) {
      // Kept first: if this process ends in between, the run is not taken for one that a person cancelled.
      const { id: runId } = part;
      await this.#keep(driven, {
        [part.trial]: { runId, outcome: 'stopped', isFixed: false, score: null, figures: {} },
      });
      if (!isFinal(part.status)) await this.#cancelUnlessOver(runId);
      return;
    }
    if (!isFinal(part.status)) return;
    const run = await this.#store.runs.get(part.id);
    if (run) await this.#keep(driven, { [part.trial]: judgeTrial(run, await examine(this.#store, run)) });
  }

  /**
   * Null while this cannot be known. Runs that have ended are compared too, so that it does not matter who was faster.
   */
  async #isFarBehind({ trials: { plan }, parts, compared }: Driven, part: Part): Promise<boolean | null> {
    const seeds = plan.seeds.length;
    if (Math.floor(part.trial / seeds) === UNTOUCHED || part.steps < LEAST_STEPS_TO_STOP) return false;
    const known = compared.get(part.id);
    if (known !== undefined) return known;
    const untouched = [...parts.values()].find(({ trial }) => trial === part.trial % seeds);
    if (!untouched) return false;
    const [from, to] = [Math.floor(COMPARED.from * untouched.steps), Math.floor(COMPARED.to * untouched.steps)];
    const isReached = ({ step, steps }: Part): boolean => steps > 0 && step >= to;
    // One that ended before these steps has its own result.
    if ([part, untouched].some((either) => isFinal(either.status) && !isReached(either))) return false;
    if (!isReached(part) || !isReached(untouched)) return isFinal(part.status) ? null : false;
    const [loss, reference] = await Promise.all(
      [part, untouched].map(({ id }) => this.#relativeLoss(id, from + 1, to)),
    );
    const isBehind = typeof loss === 'number' && typeof reference === 'number' && isFarBehind(loss, reference);
    compared.set(part.id, isBehind);
    return isBehind;
  }

  /** Mean training loss over these steps, as a share of the loss of the best constant answer; null if unknown. */
  async #relativeLoss(runId: string, fromStep: number, toStep: number): Promise<number | null> {
    const [loss, verdict] = await Promise.all([
      this.#store.metrics.mean(runId, 'loss', { fromStep, toStep }),
      this.#store.verdicts.at(runId, 0),
    ]);
    const baseline = verdict && isEvidence(verdict.evidence) ? verdict.evidence.data.baselineLoss : null;
    return loss === null || !baseline ? null : loss / baseline;
  }

  async #submit(driven: Driven, numbers: readonly number[]): Promise<void> {
    const { id, runId, plan } = driven.trials;
    const run = await this.#store.runs.get(runId);
    if (!run) return;
    for (const number of numbers) {
      const piece = plan.pieces[Math.floor(number / plan.seeds.length) - 1];
      const seed = plan.seeds[number % plan.seeds.length] ?? run.spec.training.seed;
      const job = await this.#jobOf(driven, run, number);
      if (!job) {
        const result: TrialResult = { runId: null, outcome: 'failed', isFixed: false, score: null, figures: {} };
        await this.#keep(driven, { [number]: result });
        continue;
      }
      const name = `${run.name}: ${(piece?.combines ?? [piece?.code ?? 'untouched']).join(' and ')}, seed ${seed}`;
      const spec = trialJob(job.spec, name.slice(0, 200), seed);
      const { epochs } = spec.training;
      const source: RunSource = {
        kind: 'trained',
        spec,
        progress: { epoch: 0, epochs, step: 0, steps: job.steps },
        origin: { project: run.project, createdBy: plan.by ?? null },
        parent: {
          id: run.id,
          change: [
            ...(piece?.change ?? []),
            ...(seed === run.spec.training.seed
              ? []
              : [{ path: 'training.seed', from: run.spec.training.seed, to: seed }]),
          ],
        },
      };
      const created = await this.#create(source, { trialsId: id, trial: number });
      if (created === 'noRoom') return;
      if (!created) continue;
      driven.parts.set(created.id, { id: created.id, trial: number, status: 'queued', step: 0, steps: job.steps });
    }
  }

  /** If the queue is full, the next look at the database tries again. */
  async #create(
    source: RunSource,
    part: Parameters<RunQueue['submitTrial']>[1],
  ): Promise<Awaited<ReturnType<RunQueue['submitTrial']>> | 'noRoom'> {
    try {
      return await this.#queue.submitTrial(source, part);
    } catch (error) {
      if (error instanceof RelumineError) return 'noRoom';
      throw error;
    }
  }

  /** Null if the job cannot be run any more, for example because its data set was deleted. */
  async #jobOf({ jobs, trials: { plan } }: Driven, run: Run, number: number): Promise<PatchedJob | null> {
    const piece = Math.floor(number / plan.seeds.length);
    const known = jobs.get(piece);
    if (known) return known;
    const job = patchJob(run.spec, plan.pieces[piece - 1]?.patch ?? {}, await this.#storedFor(run));
    if (job) jobs.set(piece, job);
    return job;
  }

  async #storedFor({ spec }: Run) {
    const { id, version } = spec.dataset;
    const [uploaded, kept] = await Promise.all([
      id === undefined ? null : this.#store.datasets.info(id, version),
      this.#store.blobs.find(keptHashesOf(spec)),
    ]);
    return { uploaded, kept };
  }

  async #keep({ trials }: Driven, results: Record<number, TrialResult>): Promise<void> {
    await this.#store.trials.keep(trials.id, results);
    Object.assign(trials.results, results);
  }

  async #cancelParts(parts: readonly Part[]): Promise<void> {
    // Those that wait come first, so that none of them starts in the meantime.
    const left = parts.filter(({ status }) => !isFinal(status));
    for (const { id } of left.toSorted((a, b) => Number(a.status === 'running') - Number(b.status === 'running')))
      await this.#cancelUnlessOver(id);
  }

  async #cancelUnlessOver(runId: string): Promise<void> {
    try {
      await this.#queue.cancel(runId);
    } catch (error) {
      if (error instanceof RelumineError && ['WRONG_STATE', 'RUN_NOT_FOUND'].includes(error.code)) return;
      throw error;
    }
  }
}

function select(given: readonly Advice[], codes: readonly Advice['code'][]): Advice[] {
  const details = codes.flatMap((code, index) =>
    given.some((advice) => advice.code === code)
      ? []
      : [
          {
            path: `advice[${index}]`,
            message: `${code} is not advised for this run`,
            expected:
              given.length === 0 ? 'nothing is advised' : `one of ${given.map((advice) => advice.code).join(', ')}`,
          },
        ],
  );
  if (details.length > 0)
    throw new RelumineError('INVALID_REQUEST', `The request is not valid: ${details[0]?.message}.`, { details });
  return given.filter(({ code }) => codes.includes(code));
}

const wrongState = (message: string): RelumineError => new RelumineError('WRONG_STATE', message);
