/** What must be true of a run and its log: at the end of every schedule, and of the log so far at any time. */
import { isFinal, type RunStatus, type StreamMessage } from '../../../src/vocabulary/index.ts';
import type { LogRecord } from '../../../src/store/store.ts';
import type { ModelRow } from './model-database.ts';
import { lossAt } from './scripted-thread.ts';
import { RUN_ID, type Simulation } from './scenario.ts';
import { Violation } from './violation.ts';

/** To which states a run may go from each, by the messages of its log. `running` again: the engine is known. */
const NEXT: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['running', 'paused', 'cancelled'],
  running: ['running', 'queued', 'paused', 'succeeded', 'failed', 'cancelled'],
  paused: ['queued', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

export function checkEnd(simulation: Simulation): void {
  const row = simulation.database.runs.get(RUN_ID);
  demand(row !== undefined, 'the run is gone');
  const records = simulation.database.read(RUN_ID, 0, Infinity);
  checkLog(row, records);
  checkCheckpoint(row);
  checkOutcome(simulation, row);
  for (const { told } of simulation.watchers.values()) checkTold(told, records, isFinal(row.status));
}

function checkLog(row: ModelRow, records: readonly LogRecord[]): void {
  demand(row.lastSeq === records.length, `the log has ${records.length} messages, and the run says ${row.lastSeq}`);
  let status: RunStatus = 'queued';
  let attempt = 0;
  let nextStep = 0;
  for (const [index, { seq, ...record }] of records.entries()) {
    demand(seq === index + 1, `message ${index + 1} has the seq ${seq}`);
    if (record.kind === 'message' && record.message.type === 'status') {
      const { message } = record;
      demand(seq === 1 || NEXT[status].includes(message.status), `message ${seq}: ${status} became ${message.status}`);
      const isClaim = status !== 'running' && message.status === 'running';
      demand(
        message.attempt === attempt + Number(isClaim),
        `message ${seq}: attempt ${message.attempt} after ${attempt}`,
      );
      ({ status, attempt } = message);
      continue;
    }
    demand(status === 'running', `message ${seq} was written while the run was ${status}`);
    if (record.kind !== 'message' || record.message.type !== 'metrics') continue;
    const { steps, values } = record.message;
    for (const [i, step] of steps.entries()) {
      demand(step === nextStep, `message ${seq} has step ${step}, and step ${nextStep} is next`);
      demand(values['loss']?.[i] === lossAt(step), `message ${seq}: step ${step} has another loss than it had`);
      nextStep += 1;
    }
  }
  demand(status === row.status, `the log says ${status}, and the run is ${row.status}`);
  demand(attempt === row.attempt, `the log is of attempt ${attempt}, and the run of ${row.attempt}`);
  if (status !== 'succeeded') return;
  demand(nextStep === row.progress.steps, `the run succeeded with ${nextStep} of ${row.progress.steps} steps measured`);
}

function checkCheckpoint({ checkpoints, states, status }: ModelRow): void {
  for (const { step, stateName } of checkpoints)
    demand(states.get(stateName)?.[0] === step, `the checkpoint of step ${step} has no state, or that of another one`);
  demand(
    status !== 'succeeded' || checkpoints.at(-1)?.isFinal === true,
    'the run succeeded without a final checkpoint',
  );
}

function checkOutcome({ answers, scenario, world }: Simulation, { status, error }: ModelRow): void {
  const has = (order: string, outcome: string): boolean =>
    answers.some((answer) => answer.order === order && answer.outcome === outcome);
  const wasOrdered = (order: string): boolean => scenario.orders.some((each) => each.order === order);
  // Three crashes of the thread without progress are the run's own fault.
  demand(status !== 'failed' || world.threadCrashes >= 3, `the run failed: ${error?.message}`);
  if (has('cancel', 'cancelled')) demand(status === 'cancelled', `the run was cancelled, and is ${status}`);
  if (status === 'cancelled') demand(wasOrdered('cancel'), 'the run is cancelled, and nobody cancelled it');
  if (status === 'paused') demand(wasOrdered('pause'), 'the run is paused, and nobody paused it');
  if (has('pause', 'paused') && !wasOrdered('resume'))
    demand(status === 'paused', `the run was paused, and is ${status}`);
  if (has('resume', 'queued') && world.faultCount === 0)
    demand(status !== 'paused', 'the run was resumed, and is paused');
}

/** Each message once, in order and as it is in the log. Snapshots may be left out. */
function checkTold(
  told: readonly { seq: number; type: string }[],
  records: readonly LogRecord[],
  isWhole: boolean,
): void {
  let last = 0;
  for (const message of told) {
    demand(message.seq > last, `message ${message.seq} was told after ${last}`);
    const leftOut = records.slice(last, message.seq - 1).find(({ kind }) => kind === 'message');
    demand(!leftOut, `message ${leftOut?.seq} was not told`);
    const record = records[message.seq - 1];
    demand(isSame(message, record), `message ${message.seq} was told other than it is stored`);
    last = message.seq;
  }
  const missing = records.slice(last).find(({ kind }) => kind === 'message');
  demand(!isWhole || !missing, `message ${missing?.seq} was never told`);
}

function isSame(told: { seq: number; type: string }, record: LogRecord | undefined): boolean {
  if (record?.kind !== 'message') return record?.kind === 'snapshot' && told.type === 'snapshot';
  const { droppedSnapshots: _, ...message } = told as StreamMessage & { droppedSnapshots?: number };
  return JSON.stringify(message) === JSON.stringify(record.message);
}
