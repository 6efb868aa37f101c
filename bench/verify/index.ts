/**
 * `npm run verify` runs every check at full scale and writes docs/verification.md, docs/detectors.md and
 * docs/remedies.md. The exit code is not 0 if a check is off. `npm run verify -- V6 remedies` runs only these.
 */
import { cpus } from 'node:os';
import { mkdir, writeFile } from 'node:fs/promises';
import { remediesPage, remedyCheck } from '../remedies/remedy-check.ts';
import { isOk, type Check, type Outcome } from './check.ts';
import { checks } from './checks.ts';
import { comparison } from './detectors/detector-check.ts';
import { detectorPage } from './detectors/page.ts';

interface Result {
  check: Check;
  outcomes: Outcome[];
  seconds: number;
}

await mkdir(new URL('../../../docs', import.meta.url), { recursive: true });
const only = new Set(process.argv.slice(2));
const results: Result[] = [];
for (const check of [...checks, remedyCheck]) {
  if (only.size > 0 && !only.has(check.id)) continue;
  const startedAt = performance.now();
  const outcomes = await check.run('full');
  const seconds = (performance.now() - startedAt) / 1000;
  results.push({ check, outcomes, seconds });
  for (const outcome of outcomes)
    console.log(
      `${isOk(outcome) ? 'ok ' : 'OFF'} ${check.id} ${outcome.quantity}: ${number(outcome.ours)}, expected ${expected(outcome)}`,
    );
}
if (only.size === 0) await writeFile(new URL('../../../docs/verification.md', import.meta.url), page(results));
if (comparison !== null)
  await writeFile(new URL('../../../docs/detectors.md', import.meta.url), detectorPage(comparison));
if (remediesPage !== null) await writeFile(new URL('../../../docs/remedies.md', import.meta.url), remediesPage);
const off = results.flatMap(({ check, outcomes }) => outcomes.filter((outcome) => !isOk(outcome)).map(() => check.id));
console.log(off.length === 0 ? `all of ${results.length} checks hold` : `off: ${[...new Set(off)].join(', ')}`);
process.exitCode = off.length === 0 ? 0 : 1;

function page(all: readonly Result[]): string {
  const outcomes = all.flatMap((result) => result.outcomes);
  return `# Verification

Written by \`npm run verify\`, which computes every number in the column *ours* and fails if one of them is off.
Seeds are fixed. Intervals are 95 % (Wilson). ${outcomes.filter(isOk).length} of ${outcomes.length} numbers hold.
Machine: ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.versions.node}; ${all.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s in all.

${all.map(section).join('\n')}`;
}

function section({ check, outcomes, seconds }: Result): string {
  const rows = outcomes.map(
    (outcome) =>
      `| ${outcome.quantity} | ${expected(outcome)} | ${number(outcome.ours)} | ${outcome.interval ? outcome.interval.map(number).join(' - ') : ''} | ${outcome.tolerance === 0 ? 'exact' : number(outcome.tolerance)} | ${isOk(outcome) ? 'holds' : '**off**'} |`,
  );
  return `## ${check.id}: ${check.setup}

Expected from: ${check.source}. ${seconds.toFixed(1)} s.

| quantity | expected | ours | interval | tolerance | |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function expected({ expected: value }: Outcome): string {
  return typeof value === 'number' ? number(value) : value.map(number).join(' to ');
}

function number(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-4
    ? value.toExponential(1)
    : String(Number(value.toPrecision(Math.abs(value) > 1 ? 10 : 5)));
}
