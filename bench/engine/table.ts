/** Turns rounds into medians, ratios with their spread, and a table. */
import type { BenchNetwork } from './networks.ts';
import { KINDS, type KindName } from './participant.ts';

/** Milliseconds per step of every round, by contestant. Rounds with the same index ran directly after one another. */
export type Times = Partial<Record<KindName, number[]>>;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Our time as a share of the other's: the median and the middle half of the ratios of rounds. */
interface Ratio {
  median: number;
  low: number;
  high: number;
}

function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const ratios = ours.map((own, round) => own / theirs[round]!).sort((a, b) => a - b);
  const quantile = (share: number): number => ratios[Math.round(share * (ratios.length - 1))]!;
  return { median: median(ratios), low: quantile(0.25), high: quantile(0.75) };
}

/** What was measured of a network, and the engine that we chose. */
export interface Result {
  network: BenchNetwork;
  times: Times;
  engine: string | null;
}

const HEADER = ['network, batch', 'contestant', 'ms/step', 'ratio', 'middle half', 'at most', ''];

/** The ratio is ours to theirs; after 35,000 steps it is ours to our own first ones. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.flatMap((result) => (Object.keys(KINDS) as KindName[]).flatMap((kind) => rowOf(result, kind)));
  const widths = HEADER.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function rowOf({ network, times, engine }: Result, kind: KindName): string[][] {
  const own = times[kind];
  if (!own || !times.counters) return [];
  const label = kind === 'counters' ? `${network.name}, ${network.batchSize}` : '';
  const ownMs = median(own);
  const row = [
    label,
    kind === 'counters' && engine ? `${KINDS[kind].name}: ${engine}` : KINDS[kind].name,
    inDigits(ownMs),
  ];
  if (kind === 'counters') {
    const limit = network.limits.ownMs;
    return [[...row, '', '', limit === null ? '' : `${limit} ms`, limit === null ? '' : verdict(ownMs, limit)]];
  }
  if (kind === 'young' || (kind === 'aged' && !times.young)) return [[...row, '', '', '', '']];
  const ratio = kind === 'aged' ? ratioOf(own, times.young ?? own) : ratioOf(times.counters, own);
  const limit = limitOf(network, kind);
  const spread = `${inDigits(ratio.low)}-${inDigits(ratio.high)}`;
  return [
    [
      ...row,
      inDigits(ratio.median),
      spread,
      limit === null ? '' : inDigits(limit),
      limit === null ? '' : verdict(ratio.median, limit),
    ],
  ];
}

const verdict = (value: number, limit: number): string => (value <= limit ? 'met' : 'MISSED');
/** Three digits that count. */
const inDigits = (value: number): string => (value >= 0.1 ? value.toFixed(3) : value.toPrecision(3));

function limitOf({ limits }: BenchNetwork, kind: KindName): number | null {
  switch (kind) {
    case 'torch':
    case 'jax':
    case 'tfjsFit':
    case 'countersOff':
    case 'aged':
      return limits[kind];
    case 'counters':
    case 'young':
    case 'torchHooks':
      return null;
  }
}
