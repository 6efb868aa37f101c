/** docs/detectors.md */
import type { Comparison, RuleScores, Score } from './compare.ts';

export function detectorPage({ seeds, networks, scores }: Comparison): string {
  const letters = networks.map((_, i) => String.fromCharCode(65 + i));
  return `# Detectors of dead neurons, compared

Written by \`npm run verify\`. Every rule sees the same networks, ${seeds} of each kind, and uses the amount of data that its tool uses. A neuron is *lost* if it never
leaves its flat side (z <= 0) or its output is constant, on the data set and on 20,000 fresh inputs that no rule sees. A layer is *dying* if
at least half of its neurons are lost. A neuron that fires, but so rarely that the data set of 4,096 samples may contain no such sample, is
undecided and not counted. Neither is a layer that such neurons would decide. The rules are re-implemented from their sources (see
\`bench/verify/detectors/rules.ts\`). Rules that also need the course of training, such as AUTOTRAINER's "not converging", are assumed to meet
that condition.

| | network | hidden neurons | lost | undecided | layers | dying |
|---|---|---|---|---|---|---|
${networks.map((network, i) => `| ${letters[i]} | ${network.name} | ${network.neurons} | ${network.diverged > 0 ? `${network.diverged} of ${seeds} networks diverged` : network.lost} | ${network.undecided} | ${network.layers} | ${network.dying} |`).join('\n')}

Dormant and rarely active neurons have their own definitions, made for other purposes (re-initialisation, pruning). Here they are only
compared by how well they find dead neurons.

In a diverged network no neuron is dead, so every flag is a false alarm. Only Relumine reports divergence.

## Neuron by neuron

Found / false alarms / missed, by network. Rules that do not judge single neurons are left out.

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

An alarm for a layer as the tool raises it: by the share of flagged neurons at the tool's threshold (keras-contrib 10 %, the others 50 %),
or by its own rule. fastai reports a figure without a threshold; we use half.

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

- Rules on the share of zeros (AUTOTRAINER, DeepDiagnosis, torchmortem, DLCheck, fastai) measure sparsity: half of the outputs of a healthy
  ReLU layer are zeros.
- Rules on one batch mistake rare neurons for dead ones: a neuron that fires on 1 % of the samples is silent in half of all batches of 64.
- Rules on zeros alone miss neurons that are constant but not zero, which are found above a dead layer, and every stuck leaky neuron.
- Rules on "active on less than 1 %" call rare neurons dead, and also every neuron of a network whose weights are NaN.
`;
}

function row({ rule }: RuleScores, all: Score, perNetwork: readonly Score[]): string {
  const cells = perNetwork.map(({ hits, falseAlarms, misses }) =>
    hits + falseAlarms + misses === 0 ? '.' : `${hits} / ${falseAlarms} / ${misses}`,
  );
  return `| ${rule.name} | ${rule.decidesOn} | ${ratio(all.hits, all.hits + all.falseAlarms)} | ${ratio(all.hits, all.hits + all.misses)} | ${cells.join(' | ')} |`;
}

const ratio = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(2));
