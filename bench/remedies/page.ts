/** docs/remedies.md */
import { cpus } from 'node:os';
import { ADVICE_LABELS, CAUSE_LABELS, wordsOf, type CauseCode } from '../../src/vocabulary/index.ts';
import { firstAdvice, type Result } from './follow-advice.ts';
import {
  failing,
  firstCause,
  firstFinding,
  isControl,
  isFixedAfter,
  isFixedByBest,
  isLeftAlone,
  namesCause,
  rateInWords,
  ratesOf,
  type Replayed,
} from './rates.ts';
import { VARIATIONS } from './vary.ts';

export function remedyPage(replayed: readonly Replayed[], seconds: number): string {
  const groups = [...new Set(replayed.map(({ trouble }) => trouble.group))];
  const runs = replayed.flatMap(({ results }) => results);
  return `# Remedies

Written by \`npm run verify\`, which replays jobs with a known trouble, follows the advice of the diagnosis, and says what
came of it. ${replayed.length} cases, ${runs.length} untouched runs. Machine: ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.versions.node}; ${seconds.toFixed(0)} s in all.

- *Public reports* are jobs rebuilt from questions and issues of people whose networks died or would not learn
  (\`test/cases/public\`, each with its source). *Smallest jobs* show one mistake each (\`test/cases/small\`). Those *made for
  each cause* vary sizes, tasks, optimizers and engines (\`bench/remedies/own\`). With *controls* nothing is wrong.
  *Variations* are all of these with other rows, rates, lengths, batches and widths, drawn at random
  (\`bench/remedies/vary.ts\`): the rules have not seen them.
- A run *fails* if R squared, the accuracy or the mean recall of its last weights on the training part is below the case's
  own threshold, and is *fixed* if a patched run reaches it. Thresholds and right causes were set with the case, before the
  advice was known.
- *Cause* is the first one that the diagnosis names: right if it is one of those of the case.
- *First advice* is applied as the merge patch that it carries, which may change several things and train for longer: the
  column says what it changed. A *round* diagnoses the patched run and applies its first
  advice on top. The *best piece* is any one piece of the first diagnosis, alone.
- A case counts once, by the share of its failing seeds. Intervals are 95 % (Wilson) over cases. All cases but the
  variations were known when the rules were written: their rates say what is kept, not what to expect elsewhere.

| | ${groups.join(' | ')} | all |
|---|${[...groups, 'all'].map(() => '---|').join('')}
${totals(replayed, groups)}

${groups.map((group) => section(group, replayed)).join('\n')}`;
}

function totals(replayed: readonly Replayed[], groups: readonly string[]): string {
  const columns = [...groups.map((group) => ofGroup(replayed, group)), replayed].map(ratesOf);
  return ratesOf([])
    .map(
      ({ what }, row) =>
        `| ${what} | ${columns.map((rates) => rateInWords(rates[row]!.rate).replace('no cases', '')).join(' | ')} |`,
    )
    .join('\n');
}

const ofGroup = (replayed: readonly Replayed[], group: string): Replayed[] =>
  replayed.filter(({ trouble }) => trouble.group === group);

function section(group: string, replayed: readonly Replayed[]): string {
  const all = ofGroup(replayed, group);
  const members = group === VARIATIONS ? all.filter(isOff) : all;
  const troubled = members.filter((each) => !isControl(each)),
    controls = members.filter(isControl);
  return `## ${group}
${group === VARIATIONS ? `\n${all.length} variations. Listed are those of which something is off.\n` : ''}${
    troubled.length === 0
      ? ''
      : `
| case | fails | cause named | first advice | fixed | two rounds | three | best piece |
|---|---|---|---|---|---|---|---|
${troubled.map(troubleRow).join('\n')}
`
  }${
    controls.length === 0
      ? ''
      : `
| control | first finding | warnings |
|---|---|---|
${controls.map(controlRow).join('\n')}
`
  }`;
}

const isOff = (each: Replayed): boolean =>
  isControl(each)
    ? each.results.some((result) => !result.fails && !isLeftAlone(result))
    : failing(each).some((result) => !namesCause(result, each.trouble) || !isFixedAfter(1)(result));

/** The words are those of the first failing seed. */
function troubleRow(each: Replayed): string {
  const { trouble, results } = each;
  const fails = failing(each);
  const [first] = fails;
  const name = trouble.source.startsWith('http') ? `[${trouble.name}](${trouble.source.split(' ')[0]})` : trouble.name;
  const head = [`${name}: ${trouble.essence.split(/(?<=\.) /)[0]}`, `${fails.length} of ${results.length}`];
  if (!first) return `| ${head.map(cell).join(' | ')} | | | | | | |`;
  const cause = firstCause(first);
  const right = fails.filter((result) => namesCause(result, trouble)).length;
  const count = (isCounted: (result: Result) => boolean) => `${fails.filter(isCounted).length} of ${fails.length}`;
  return `| ${[
    ...head,
    `${causeWords(cause)} (${right === fails.length ? 'right' : right === 0 ? '**not right**' : `right for ${right} of ${fails.length}`})`,
    adviceWords(first),
    count(isFixedAfter(1)),
    count(isFixedAfter(2)),
    count(isFixedAfter(3)),
    count(isFixedByBest),
  ]
    .map(cell)
    .join(' | ')} |`;
}

const causeWords = (code: CauseCode | null): string => (code === null ? 'none' : CAUSE_LABELS[code]);

function adviceWords({ diagnosis }: Result): string {
  const advice = firstAdvice(diagnosis);
  if (advice === null) return 'none';
  const changes = wordsOf(advice.change).map(({ what, from, to }) => `${what} ${from} to ${to}`);
  return `${ADVICE_LABELS[advice.code]}: ${changes.join('; ')}`;
}

function controlRow({ trouble, results }: Replayed): string {
  const warned = results.filter((result) => !result.fails && !isLeftAlone(result));
  const shown = warned[0] ?? results[0];
  const finding = shown && firstFinding(shown);
  return `| ${cell(`${trouble.name}: ${trouble.essence}`)} | ${finding ? `${finding.severity} ${finding.code}` : 'none'} | ${warned.length === 0 ? 'none' : `**${warned.length} of ${results.length}**`} |`;
}

/** No line break or bar inside a cell, and not too long. */
function cell(text: string): string {
  const line = text.replaceAll('\n', ' ').replaceAll('|', '\\|');
  return line.length > 260 ? `${line.slice(0, 257)}...` : line;
}
