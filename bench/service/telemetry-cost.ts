/**
 * Measures what counters and verdicts add to the training of MNIST. Each round is a new process that runs the smaller
 * job twice, because the first one loads the engine.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readJob } from '../../src/jobs/index.ts';
import type { Job } from '../../src/vocabulary/index.ts';
import { dyingJob, mnistJob } from './jobs.ts';
import { median } from './statistics.ts';
import type { Row } from './table.ts';
import type { TelemetryTimes } from './telemetry-loop.ts';

const SMALL = { name: '784-128-64-10, 3 epochs', job: mnistJob(3, [128, 64]) };
const LARGE = { name: '784-256-128-10, 5 epochs', job: mnistJob(5) };
/** Limit for counters and verdicts together, in percent of training time, on the smaller job. */
const LIMIT = 3;
/** The same for a verdict where neurons die, in percent of the training time of an epoch. */
const DYING_LIMIT = 10;
const DYING = {
  plain: dyingJob(5, 'plain'),
  dropout: dyingJob(5, 'dropout'),
  normalized: dyingJob(5, 'batchNormalization'),
};

interface Round {
  cold: TelemetryTimes;
  small: TelemetryTimes;
  large: TelemetryTimes;
  plain: TelemetryTimes;
  dropout: TelemetryTimes;
  normalized: TelemetryTimes;
}

export async function measureTelemetry(rounds: number): Promise<Row[]> {
  const played: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const loops = fork(new URL('telemetry-loop.js', import.meta.url));
    played.push({
      cold: await measure(loops, SMALL.job),
      small: await measure(loops, SMALL.job),
      large: await measure(loops, LARGE.job),
      plain: await measure(loops, DYING.plain),
      dropout: await measure(loops, DYING.dropout),
      normalized: await measure(loops, DYING.normalized),
    });
    loops.disconnect();
    console.error(`round ${round + 1} of ${rounds}`);
  }
  const row = (what: string, value: (round: Round) => number, limit?: number): Row => ({
    what,
    unit: '%',
    values: played.map(value),
    limit,
  });
  const rowsOf = (name: string, times: (round: Round) => TelemetryTimes, limit?: number): Row[] => [
    row(`MNIST ${name}: counters, of training time`, (round) => countersShare(times(round))),
    row(`MNIST ${name}: verdicts, of training time`, (round) => verdictsShare(times(round))),
    row(`MNIST ${name}: both together`, (round) => countersShare(times(round)) + verdictsShare(times(round)), limit),
  ];
  return [
    ...rowsOf(SMALL.name, ({ small }) => small, LIMIT),
    ...rowsOf(LARGE.name, ({ large }) => large, LIMIT),
    ...(
      [
        ['neurons die', 'plain'],
        ['neurons die, with dropout', 'dropout'],
        ['neurons die, with batch normalisation', 'normalized'],
      ] as const
    ).flatMap(([what, kind]) => [
      row(`${what}: a verdict, of an epoch's training time`, (round) => 100 * median(round[kind].shares), DYING_LIMIT),
      row(
        `${what}: the last verdict, of the run's training time`,
        (round) => (100 * round[kind].lastMs) / round[kind].plainMs,
      ),
    ]),
    row(`MNIST ${SMALL.name}, first job of its process: verdicts`, ({ cold }) => verdictsShare(cold)),
  ];
}

async function measure(loops: ChildProcess, job: Job): Promise<TelemetryTimes> {
  const resolved = readJob(job);
  if (!('spec' in resolved)) throw new Error(JSON.stringify(resolved.details));
  loops.send(resolved.spec);
  const [times] = (await once(loops, 'message')) as [TelemetryTimes];
  return times;
}

/** A round has many short chunks, so their median is hardly affected by other load on the machine. */
const countersShare = ({ ratios }: TelemetryTimes): number => 100 * (median(ratios) - 1);
const verdictsShare = ({ verdictsMs, plainMs }: TelemetryTimes): number => (100 * verdictsMs) / plainMs;
