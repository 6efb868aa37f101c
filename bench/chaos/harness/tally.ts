/** What was tried, and what went wrong: one line of the table. */
import type { Store } from '../../../src/store/store.ts';
import type { LoopDelay } from './inside.ts';

/**
 * `lost`: what was answered or told, and is not there. `doubled`: what is there twice. `changed`: what is there, but not
 * as it was, or not as in a run that nothing happened to. `errors`: answers of 5xx that say nothing about when to come
 * again. `hangs`: requests whose answer did not begin, or did not go on, in time.
 */
export const FAULTS = ['lost', 'doubled', 'changed', 'errors', 'hangs'] as const;
export type Fault = (typeof FAULTS)[number];

/** Of each kind. */
const MOST_TEXTS = 5;

export class Tally {
  readonly trouble: string;
  readonly database: Store['kind'];
  readonly counts: Record<Fault, number> = { lost: 0, doubled: 0, changed: 0, errors: 0, hangs: 0 };
  /** The first of each kind, in words. */
  readonly problems: string[] = [];
  /** What was done, in words and numbers. */
  tried = '';
  requests = 0;
  /** Answers of 503, 507 and 429: later, please. */
  refused = 0;
  loop: LoopDelay | null = null;
  /** How often the service was to recover by itself, and did. */
  readonly recovery = { wanted: 0, done: 0 };
  /** Why nothing was tried. */
  skipped: string | null = null;

  constructor(trouble: string, database: Store['kind']) {
    this.trouble = trouble;
    this.database = database;
  }

  add(fault: Fault, what: string): void {
    this.counts[fault]++;
    if (this.counts[fault] <= MOST_TEXTS) this.problems.push(`${fault}: ${what}`);
  }

  recovered(isRecovered: boolean, what: string): void {
    this.recovery.wanted++;
    if (isRecovered) this.recovery.done++;
    else if (this.recovery.wanted - this.recovery.done <= MOST_TEXTS) this.problems.push(`not recovered: ${what}`);
  }

  /** Keeps the worst of several processes and times. */
  noteLoop(delay: LoopDelay | null): void {
    if (!delay) return;
    this.loop = { p999: Math.max(this.loop?.p999 ?? 0, delay.p999), max: Math.max(this.loop?.max ?? 0, delay.max) };
  }

  get hasFailed(): boolean {
    return FAULTS.some((fault) => this.counts[fault] > 0) || this.recovery.done < this.recovery.wanted;
  }
}

const HEADER = [
  'trouble',
  'database',
  'tried',
  'requests',
  'refused',
  ...FAULTS,
  'recovered',
  'loop p99.9 / max, ms',
  '',
];

export function tableOf(tallies: readonly Tally[]): string {
  const rows = tallies.map((tally) => {
    const { counts, loop, recovery, skipped } = tally;
    if (skipped !== null)
      return [tally.trouble, tally.database, `not tried: ${skipped}`, ...HEADER.slice(3).map(() => '')];
    return [
      tally.trouble,
      tally.database,
      tally.tried,
      String(tally.requests),
      String(tally.refused),
      ...FAULTS.map((fault) => String(counts[fault])),
      recovery.wanted === 0 ? '' : `${recovery.done} of ${recovery.wanted}`,
      loop === null ? '' : `${loop.p999.toFixed(0)} / ${loop.max.toFixed(0)}`,
      tally.hasFailed ? 'FAILED' : 'held',
    ];
  });
  const widths = HEADER.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
