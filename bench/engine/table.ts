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

const HEADER = ['network, batch', 'contestant', 'ms/step', 'ours / theirs', 'middle half', 'at most', ''];

export function tableOf(results: readonly { network: BenchNetwork; times: Times }[]): string {
  const rows = results.flatMap(({ network, times }) =>
    (Object.keys(KINDS) as KindName[]).flatMap((kind) => rowOf(network, kind, times)),
  );
  const widths = HEADER.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function rowOf(network: BenchNetwork, kind: KindName, times: Times): string[][] {
  const [ours, theirs] = [times.counters, times[kind]];
  if (!theirs || !ours) return [];
  const label = kind === 'counters' ? `${network.name}, ${network.batchSize}` : '';
  const row = [label, KINDS[kind].name, median(theirs).toFixed(4)];
  if (kind === 'counters') return [[...row, '', '', '', '']];
  const ratio = ratioOf(ours, theirs);
  const limit = limitOf(network, kind);
  return [
    [
      ...row,
      ratio.median.toFixed(3),
      `${ratio.low.toFixed(3)}-${ratio.high.toFixed(3)}`,
      limit?.toFixed(3) ?? '',
      limit === null ? '' : ratio.median <= limit ? 'met' : 'MISSED',
    ],
  ];
}

function limitOf({ limits }: BenchNetwork, kind: KindName): number | null {
  return kind === 'torch' || kind === 'tfjsFit' || kind === 'countersOff' ? limits[kind] : null;
}
