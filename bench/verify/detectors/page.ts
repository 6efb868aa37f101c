/** docs/detectors.md */
import type { Comparison, RuleScores, Score } from './compare.ts';

export function detectorPage({ seeds, networks, scores }: Comparison): string {
  const letters = networks.map((_, i) => String.fromCharCode(65 + i));
  return `# Detectors of dead neurons, compared

Written by \`npm run verify\`. Every rule looks at the same networks, ${seeds} of each kind, each on the amount of data that the tool itself decides on. A neuron is *lost*
where it never leaves its flat side (z <= 0) or puts out one number, on the data set and on 20,000 fresh inputs that no rule sees. A layer is *dying* where at least half of
its neurons are lost. Neurons that fire, but so rarely that the data set of 4,096 samples may well hold no such sample, are undecided and count for no
one, nor does a layer whose balance they tip. The rules are re-implemented from their sources (see \`bench/verify/detectors/rules.ts\`); rules that need the course of training as well, such
as AUTOTRAINER's "not converging", are given that part for free.

| | network | hidden neurons | lost | undecided | layers | dying |
|---|---|---|---|---|---|---|
${networks.map((network, i) => `| ${letters[i]} | ${network.name} | ${network.neurons} | ${network.diverged > 0 ? `${network.diverged} of ${seeds} networks diverged` : network.lost} | ${network.undecided} | ${network.layers} | ${network.dying} |`).join('\n')}

Dormant and rarely active neurons are definitions of their own, made for other ends (what to re-initialise, what to prune); here they are only asked
how well they tell the dead.

In a diverged network no neuron is dead: whatever a rule flags there is a false alarm. Only Relumine says that it has diverged.

## Neuron by neuron

Found / false alarms / missed, by network. Rules that say nothing of single neurons are left out.

| rule | decides on | precision | recall | ${letters.join(' | ')} |
|---|---|---|---|${letters.map(() => '---|').join('')}
${scores
  .filter(({ neurons }) => neurons !== null)
  .map((each) =>
    row(
      each,
      each.neurons!,
      each.perNetwork.map(({ neurons }) => neurons!),
    ),
  )
  .join('\n')}

## Layer by layer

An alarm for a layer as the tool raises it: from the share of flagged neurons at its own level (keras-contrib 10 %, the others 50 %), or from its own
rule. fastai reports its figure without a level; half is ours.

| rule | decides on | precision | recall | ${letters.join(' | ')} |
|---|---|---|---|${letters.map(() => '---|').join('')}
${scores
  .map((each) =>
    row(
      each,
      each.layers,
      each.perNetwork.map(({ layers }) => layers),
    ),
  )
  .join('\n')}

## Why they differ

- Rules on the share of zeros (AUTOTRAINER, DeepDiagnosis, torchmortem, DLCheck, fastai) measure sparsity: half of a healthy ReLU layer is zeros.
- Rules on one batch mistake rare for dead: a neuron that fires on 1 % of the samples is silent in a batch of 64 half of the time.
- Rules on zeros alone miss what is constant but not zero, which is what a dead layer leaves above itself, and every stuck leaky neuron.
- A rule that asks for "active below 1 %" calls rare neurons dead, and every neuron of a network whose weights are no longer numbers.
`;
}

function row({ rule }: RuleScores, all: Score, perNetwork: readonly Score[]): string {
  const cells = perNetwork.map(({ hits, falseAlarms, misses }) =>
    hits + falseAlarms + misses === 0 ? '.' : `${hits} / ${falseAlarms} / ${misses}`,
  );
  return `| ${rule.name} | ${rule.decidesOn} | ${ratio(all.hits, all.hits + all.falseAlarms)} | ${ratio(all.hits, all.hits + all.misses)} | ${cells.join(' | ')} |`;
}

const ratio = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(2));
