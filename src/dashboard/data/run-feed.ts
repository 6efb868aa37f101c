/**
 * One run, live, in bounded memory. It opens the stream at its newest end, fetches the past (downsampled) once the
 * stream has said where that end is, and from then on adds what arrives. Views redraw at the screen's pace: whatever
 * arrives between two frames is one change of `tick`.
 */
import { signal } from '@preact/signals';
import type { EventMessage } from '../../client/client.ts';
import type { WatchMessage } from '../../client/connection.ts';
import type { Diagnosis, Neurons, Run, SummaryKey } from '../../vocabulary/index.ts';
import { mayPass } from './again.ts';
import { Curves } from './curves.ts';
import { addEvents } from './event-list.ts';
import { Frames } from './frames.ts';
import { Link } from './link.ts';
import { Marks } from './marks.ts';
import { poll } from './poll.ts';
import { delay, RelumineApiError, service } from './service.ts';
import { isFinal } from './vocabulary.ts';

const PAST_FRAMES = 100;
const VERDICT_EVERY_MS = 1000;
const RETRY_MS = 2000;
/** The stream carries states and metrics; speed, place in the queue and the like are fetched. */
const REFRESH_MS = 2000;
/** A service that takes longer than this to answer is said to be away. */
const ANSWER_MS = 8000;
const EVENTS_PER_PAGE = 1000,
  MOST_EVENT_PAGES = 20;
const MOST_NEURON_PAGES = 4;
const SLOW_TICK_MS = 250;
const LISTED_EVENTS = 500;
const LIVE_KEYS = [
  'loss',
  'accuracy',
  'valLoss',
  'valAccuracy',
  'learningRate',
  'gradientNorm',
  'activeFraction',
  'deadNeurons',
] as const satisfies readonly SummaryKey[];

/** What several runs are compared by. */
const BRIEF_KEYS = [...LIVE_KEYS, 'r2', 'macroF1'] as const;

export class RunFeed {
  readonly id: string;
  readonly run = signal<Run | null>(null);
  readonly fault = signal<unknown>(null);
  readonly link = new Link();
  /** The newest, in order. */
  readonly events = signal<EventMessage[]>([]);
  readonly neurons = signal<Neurons | null>(null);
  readonly diagnosis = signal<Diagnosis | null>(null);
  /** A new picture of the neurons, at most one per frame of the screen. */
  readonly tick = signal(0);
  /** New points on the curves and new figures: often enough for the eye to follow. */
  readonly slowTick = signal(0);
  /** Checkpoints that were taken while the page watched. */
  readonly checkpoints = signal(0);
  readonly curves: Curves;
  readonly frames = new Frames();
  readonly marks = new Marks();

  readonly #isBrief: boolean;
  readonly #closed = new AbortController();
  /** Ends the stream while the tab is hidden. */
  #stream: AbortController | null = null;
  #seq: number | 'latest' = 'latest';
  #hasPast = false;
  #hasWholeTime = false;
  #isFrameAsked = false;
  #slowTimer = 0;
  #newestStep = 0;
  #verdictAt = -Infinity;
  #isVerdictWanted = false;
  #isVerdictAsked = false;
  #retryTimer = 0;
  #wanted: number | null = null;

  /** `isBrief`: curves and verdicts only, without what only the run's own page shows (frames, events, diagnosis). */
  constructor(id: string, { isBrief = false } = {}) {
    this.id = id;
    this.curves = new Curves(id, isBrief ? BRIEF_KEYS : undefined);
    this.#isBrief = isBrief;
    const { signal: closed } = this.#closed;
    document.addEventListener('visibilitychange', () => this.#heedVisibility(), { signal: closed });
    addEventListener('offline', () => this.#isLive && this.link.lose(), { signal: closed });
    addEventListener('online', () => this.reconnect(), { signal: closed });
    void this.#start();
  }

  /** The newest step of anything received. */
  get lastStep(): number {
    return Math.max(this.run.value?.progress.step ?? 0, this.frames.latest?.header.step ?? 0);
  }

  get #isLive(): boolean {
    return this.run.value !== null && !isFinal(this.run.value.status);
  }

  /** Does not wait for the next attempt. */
  reconnect(): void {
    if (this.#isLive) void this.#start();
  }

  close(): void {
    this.#closed.abort();
    this.curves.close();
    this.#stream?.abort();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#slowTimer);
  }

  async #start(): Promise<void> {
    try {
      const run = await service.get(this.id);
      if (this.#closed.signal.aborted) return;
      this.run.value = run;
      this.fault.value = null;
      // A run that has ended sends nothing new.
      if (isFinal(run.status)) await this.#loadPast();
      else await this.#follow();
    } catch (fault) {
      if (this.#closed.signal.aborted) return;
      this.fault.value = fault;
      if (this.#isLive) this.link.lose();
      const isGone = fault instanceof RelumineApiError && fault.status === 404;
      if (!isGone) this.#retryTimer = window.setTimeout(() => void this.#start(), RETRY_MS);
    }
  }

  /**
   * Takes what the stream sends until the run has ended, the tab is hidden or the feed closed; the client reconnects by
   * itself.
   */
  async #follow(): Promise<void> {
    if (document.hidden) return;
    this.#stream?.abort();
    const stream = (this.#stream = new AbortController());
    poll(() => this.#refresh(), stream.signal);
    try {
      for await (const message of service.watch(this.id, {
        since: this.#seq,
        signal: stream.signal,
        snapshots: !this.#isBrief,
        onConnection: (isConnected) => this.link.set(isConnected),
        onAvailability: (isAvailable) => {
          this.link.isAvailable.value = isAvailable;
        },
      })) {
        this.fault.value = null;
        this.#take(message);
        if (message.type === 'caughtUp' && !this.#hasPast) await this.#loadPast();
      }
      // A stream that ends without the end of the run: the run itself says where it is.
      if (this.#isLive && !stream.signal.aborted)
        this.#retryTimer = window.setTimeout(() => void this.#start(), RETRY_MS);
    } catch (fault) {
      if (!stream.signal.aborted) throw fault;
    } finally {
      if (this.#isLive && !stream.signal.aborted) this.link.set(false);
      stream.abort();
    }
  }

  async #refresh(): Promise<number> {
    try {
      const run = await answerWithin(service.get(this.id), ANSWER_MS);
      this.link.hear();
      this.curves.renew();
      // A response that was in transit while the stream reported the end would undo it.
      if (this.run.value && !isFinal(this.run.value.status)) this.run.value = run;
    } catch {
      // The stream of a service that hangs stays open.
      if (!this.#closed.signal.aborted && this.#isLive) this.link.lose();
    }
    return REFRESH_MS;
  }

  /** A hidden tab holds no socket; once visible again it reads what it missed. */
  #heedVisibility(): void {
    clearTimeout(this.#retryTimer);
    if (document.hidden) this.#stream?.abort();
    else if (!this.run.value || !isFinal(this.run.value.status)) void this.#start();
  }

  #take(message: WatchMessage): void {
    this.#seq = message.seq;
    this.link.hear();
    switch (message.type) {
      case 'snapshot':
        this.frames.add(message);
        if (!this.neurons.value) this.#lookAtNeurons();
        break;
      case 'metrics':
        this.curves.add(message);
        this.#newestStep = Math.max(this.#newestStep, message.steps.at(-1) ?? 0);
        if (message.values['deadNeurons']) this.#lookAtNeurons();
        break;
      case 'event':
        this.#addEvents([message]);
        this.#lookAtNeurons();
        break;
      case 'status': {
        const { status, progress, summary, error, attempt, engine, at } = message;
        if (this.run.value)
          this.run.value = {
            ...this.run.value,
            status,
            progress,
            summary,
            error,
            attempt,
            engine,
            finishedAt: isFinal(status) ? at : null,
            queuePosition: null,
          };
        if (!isFinal(status)) break;
        this.link.end();
        this.curves.renew();
        this.#lookAtNeurons();
        break;
      }
      case 'checkpoint':
        this.checkpoints.value += 1;
        break;
      case 'caughtUp':
        break;
    }
    this.#draw();
  }

  /** Metrics are newer than the progress and results of the last response. */
  #advance(): void {
    const run = this.run.value;
    const step = this.#newestStep;
    if (!run || step <= run.progress.step) return;
    const { steps, epochs } = run.progress;
    const summary = { ...run.summary };
    for (const key of LIVE_KEYS) {
      const last = this.curves.series.get(key)?.last;
      if (last !== null && last !== undefined) summary[key] = last;
    }
    this.run.value = {
      ...run,
      summary,
      progress: { step, steps, epoch: Math.floor((step * epochs) / Math.max(1, steps)), epochs },
    };
  }

  /** Everything up to the end that the stream has named; what comes after it is already arriving. */
  async #loadPast(): Promise<void> {
    this.#lookAtNeurons();
    const newest = Math.max(0, this.lastStep - 1);
    await Promise.all([this.curves.load(), ...(this.#isBrief ? [] : [this.#loadFrame(newest), this.#loadEvents()])]);
    this.#hasPast = true;
    this.#draw();
  }

  async #loadEvents(): Promise<void> {
    let after = 0;
    for (let page = 0; page < MOST_EVENT_PAGES; page += 1) {
      const { data, hasMore } = await service.events(this.id, { after, limit: EVENTS_PER_PAGE });
      this.#addEvents(data);
      if (!hasMore) return;
      after = data.at(-1)!.seq;
    }
  }

  async #loadFrame(fromStep: number): Promise<void> {
    for (const frame of await service.snapshots(this.id, { fromStep, limit: 1 })) this.frames.add(frame);
    this.#draw();
  }

  /** Frames from the whole time, for one neuron's curves. */
  async loadWholeTime(): Promise<void> {
    if (this.#hasWholeTime) return;
    this.#hasWholeTime = true;
    try {
      for (const frame of await service.snapshots(this.id, { points: PAST_FRAMES })) this.frames.add(frame);
      this.#draw();
    } catch {
      this.#hasWholeTime = false;
    }
  }

  /**
   * Fetches what was stored around the step that the user looks back at. While a request is in progress, only the
   * newest step waits.
   */
  lookAt(step: number): void {
    const isBusy = this.#wanted !== null;
    this.#wanted = step;
    if (!isBusy) void this.#fetchWanted();
  }

  async #fetchWanted(): Promise<void> {
    for (let step = this.#wanted; step !== null; step = this.#wanted) {
      // If it cannot be fetched, the nearest frame in memory stays on screen.
      await this.#loadFrame(step).catch(() => undefined);
      if (this.#wanted === step) this.#wanted = null;
    }
  }

  /** Live ones may come before the past is fetched, and a reconnect may repeat some. */
  #addEvents(messages: EventMessage[]): void {
    const { events, fresh } = addEvents(this.events.value, messages, LISTED_EVENTS);
    if (fresh.length === 0) return;
    for (const message of fresh) this.marks.add(message.step, message.event);
    this.events.value = events;
  }

  /** For what changed the diagnosis without an event of this run: its trials. */
  async reloadDiagnosis(): Promise<void> {
    this.diagnosis.value = await service.diagnosis(this.id);
  }

  /** Verdicts follow events; many events in a row ask once, and there is one question at a time. */
  #lookAtNeurons(): void {
    this.#isVerdictWanted = true;
    if (this.#isVerdictAsked) return;
    this.#isVerdictAsked = true;
    void this.#askForVerdicts().catch((fault: unknown) => {
      if (!this.#closed.signal.aborted) throw fault;
    });
  }

  async #askForVerdicts(): Promise<void> {
    const { signal: closed } = this.#closed;
    while (this.#isVerdictWanted) {
      await delay(Math.max(0, this.#verdictAt + VERDICT_EVERY_MS - performance.now()), closed);
      this.#isVerdictWanted = false;
      this.#verdictAt = performance.now();
      try {
        await this.#loadNeurons();
      } catch (fault) {
        // Where there is no verdict yet, the next event asks again; a run that has ended has no next event.
        if (!mayPass(fault)) continue;
        this.#isVerdictWanted = true;
        await delay(RETRY_MS, closed);
      }
    }
    this.#isVerdictAsked = false;
  }

  async #loadNeurons(): Promise<void> {
    // A run that has reported nothing yet has no neurons.
    if (this.lastStep === 0 && this.events.value.length === 0) return;
    this.neurons.value = await this.#allNeurons();
    this.#draw();
    if (!this.#isBrief) this.diagnosis.value = await service.diagnosis(this.id);
  }

  /** Of a very large network the first ones; the counts of its layers are whole. */
  async #allNeurons(): Promise<Neurons> {
    const verdict = await service.neurons(this.id);
    for (let { nextCursor } = verdict, pages = 1; nextCursor !== null && pages < MOST_NEURON_PAGES; pages += 1) {
      const next = await service.neurons(this.id, { after: nextCursor });
      for (const [i, layer] of verdict.layers.entries()) layer.neurons.push(...(next.layers[i]?.neurons ?? []));
      ({ nextCursor } = next);
    }
    return verdict;
  }

  #draw(): void {
    this.#slowTimer ||= window.setTimeout(() => {
      this.#slowTimer = 0;
      this.#advance();
      this.slowTick.value += 1;
    }, SLOW_TICK_MS);
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    requestAnimationFrame(() => {
      this.#isFrameAsked = false;
      this.tick.value += 1;
    });
  }
}

/** Rejects if there is no answer in time. */
async function answerWithin<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error(`There was no answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
