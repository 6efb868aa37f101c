/** Drives a run without a thread: the same function that the thread calls, with reports kept in a list. */
import type { Chunk, Network } from '../../src/engine/network.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import { readJob, storedShape } from '../../src/jobs/index.ts';
import {
  readCheckpointHeader,
  type StartOrder,
  type StoredDataset,
  type ThreadReport,
  type ReportedSteps,
} from '../../src/schemas/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';
import { decodeCheckpoint, type ReadCheckpoint } from '../../src/training/checkpoint.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import type { RunTools } from '../../src/training/run.ts';
import { trainRun } from '../../src/training/train-run.ts';

export type Report<T extends ThreadReport['type']> = Extract<ThreadReport, { type: T }>;

export const NOTHING_REPORTED: ReportedSteps = { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 };

export const dense = (units: number, activation: unknown = 'relu') => ({ type: 'dense', units, activation });

export function resolve(job: unknown, uploaded: StoredDataset | null = null): JobSpec {
  const info = uploaded && {
    object: 'dataset' as const,
    kind: 'uploaded' as const,
    description: '',
    ...storedShape(uploaded),
  };
  const resolved = readJob(job, { uploaded: info });
  if ('details' in resolved) throw new Error(JSON.stringify(resolved.details));
  return resolved.spec;
}

export interface DriveOptions extends Partial<Omit<StartOrder, 'type' | 'spec'>> {
  mailbox?: Mailbox;
  /** Called with each report when it is made, before the run continues. */
  onReport?: (report: ThreadReport, mailbox: Mailbox) => void;
  openNetwork?: RunTools['openNetwork'];
}

export const openForSpec: RunTools['openNetwork'] = ({ engine, model, training }, data, state, cores) =>
  openNetwork(engine, model, training, data, { state, ...cores });

/** The same network, with another way to train a chunk. */
export function withTrain(
  network: Network,
  trainChunk: (chunk: Chunk, train: Network['train']) => ReturnType<Network['train']>,
): Network {
  return new Proxy(network, {
    get(target, name) {
      if (name === 'train') return (chunk: Chunk) => trainChunk(chunk, (own) => target.train(own));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export async function drive(spec: JobSpec, options: DriveOptions = {}): Promise<Observed> {
  const { mailbox = new Mailbox(), onReport, openNetwork: open = openForSpec, ...changes } = options;
  const reports: ThreadReport[] = [];
  const order: StartOrder = {
    type: 'start',
    runId: 'run_1',
    attempt: 1,
    spec,
    dataset: null,
    checkpoint: null,
    reported: NOTHING_REPORTED,
    neurons: null,
    ...changes,
  };
  await trainRun(order, {
    mailbox,
    openNetwork: open,
    report: (report) => {
      reports.push(report);
      onReport?.(report, mailbox);
    },
  });
  return new Observed(reports);
}

const last = (steps: number[]): number => steps.at(-1) ?? -1;

/** The reports of a run, or of several attempts one after another. */
export class Observed {
  readonly reports: readonly ThreadReport[];

  constructor(reports: readonly ThreadReport[]) {
    this.reports = reports;
  }

  of<T extends ThreadReport['type']>(type: T): Report<T>[] {
    return this.reports.filter((report): report is Report<T> => report.type === type);
  }

  get finished(): Report<'finished'> {
    const last = this.reports.at(-1);
    if (last?.type !== 'finished') throw new Error('The last report is not the end.');
    return last;
  }

  get codes(): string[] {
    return this.of('event').map(({ event }) => event.code);
  }

  /** One metric over the whole run, in the order of its reports. */
  series(key: string): { steps: number[]; values: (number | null)[] } {
    const columns = this.of('metrics').filter(({ values }) => key in values);
    return { steps: columns.flatMap(({ steps }) => steps), values: columns.flatMap(({ values }) => values[key] ?? []) };
  }

  get checkpoint(): Uint8Array | null {
    return this.of('checkpoint').at(-1)?.state ?? null;
  }

  /** The best checkpoint that a store with these reports has. */
  get bestState(): Uint8Array | null {
    const states = this.of('checkpoint').flatMap(({ isBest, state, best }) => (isBest ? state : (best?.state ?? [])));
    return states.at(-1) ?? null;
  }

  get best(): ReadCheckpoint | null {
    const { bestState } = this;
    return bestState && decodeCheckpoint(bestState);
  }

  get final(): ReadCheckpoint {
    const { checkpoint } = this;
    if (checkpoint === null) throw new Error('There is no checkpoint.');
    return decodeCheckpoint(checkpoint);
  }

  /** What a store with these reports gives to the next attempt. */
  get order(): Pick<StartOrder, 'checkpoint' | 'reported' | 'neurons'> {
    const lastOfMetrics = (isTraining: boolean) =>
      last(
        this.of('metrics')
          .filter(({ values }) => 'loss' in values === isTraining)
          .flatMap(({ steps }) => steps),
      );
    const judged = this.checkpoint && (readCheckpointHeader(this.checkpoint).judged?.step ?? Infinity);
    return {
      checkpoint: this.checkpoint,
      neurons: this.of('verdict').findLast(({ step }) => judged !== null && step <= judged)?.neurons ?? null,
      reported: {
        metrics: lastOfMetrics(true),
        epochMetrics: lastOfMetrics(false),
        verdict: last(this.of('verdict').map(({ step }) => step)),
        snapshot: last(this.of('snapshot').map(({ step }) => step)),
      },
    };
  }
}
