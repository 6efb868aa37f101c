/** What is wrong with a run's neurons, in each layer and in the whole network, if anything. */
import type {
  Cause,
  Finding,
  FindingCode,
  LayerHealth,
  Neurons,
  NeuronState,
  Severity,
} from '../../vocabulary/index.ts';
import { inactiveCount, inactiveSince, isBlocked, type RunRecord } from './run-record.ts';
import { finding, percent } from './finding.ts';
import { hasLearnedWell } from './learning.ts';
import { learningFindings } from './learning-findings.ts';
import { causeOfCollapse, causeOfDivergence, causeOfFlatness, causeOfInactivity } from './causes.ts';
import { CRITICAL_SHARE, WARNING_SHARE, levelOf } from '../verdict/life.ts';

/** Divergence is not death: without finite weights, nothing can be said about neurons. */
export function findAll(run: RunRecord): Finding[] {
  if (run.hasDiverged) return [divergence(run)];
  if (run.last === null)
    return [
      finding(
        'notYetJudged',
        'info',
        null,
        null,
        'No verdict yet. The first one is taken before the first training step.',
      ),
    ];
  const neurons = run.last;
  const collapsed = collapse(run, neurons);
  const found = [
    ...collapsed,
    ...learningFindings(run, collapsed[0]?.cause ?? null),
    ...neurons.layers.flatMap((layer, k) => ofLayer(run, neurons, layer, k)),
    ...uncentred(run),
  ];
  return [...found, ...lostCapacity(run, neurons, found)];
}

function divergence(run: RunRecord): Finding {
  const step = run.windows.find(({ nonFiniteStep }) => nonFiniteStep !== null)?.nonFiniteStep ?? null;
  const at = step === null ? '' : ` at step ${step}`;
  return finding(
    'diverged',
    'critical',
    null,
    step,
    `Training diverged${at}: the loss or the weights are no longer finite. Neurons are not counted from then on, because without finite weights none can be called dead or alive.`,
    causeOfDivergence(run),
  );
}

/**
 * A layer whose outputs are the same for every sample makes the whole network constant, and no gradient passes below
 * it.
 */
function collapse(run: RunRecord, neurons: Neurons): Finding[] {
  const k = neurons.layers.findIndex(isBlocked);
  if (k < 0) return [];
  const layer = neurons.layers[k]!;
  const since = inactiveSince(layer).at(-1)?.step ?? null;
  const isBorn = since === 0;
  const loss =
    run.learning.loss !== null && run.learning.baseline !== null
      ? ` The loss is ${run.learning.loss.toPrecision(3)}; the best constant answer would have a loss of ${run.learning.baseline.toPrecision(3)}.`
      : '';
  const stuck = layer.neurons.every(({ gradientZero }) => gradientZero)
    ? ` No layer up to ${layer.name} receives a gradient, so only the layers above it still learn.`
    : '';
  const message = `The network ${isBorn ? 'was born dead' : 'has become constant'}: the outputs of all ${layer.units} neurons of ${layer.name} are the same for every sample, so the network's output does not depend on its input.${stuck}${loss}`;
  return [finding('networkCollapsed', 'critical', layer.name, since, message, causeOfCollapse(run, neurons, k))];
}

function ofLayer(run: RunRecord, neurons: Neurons, layer: LayerHealth, k: number): Finding[] {
  const found: Finding[] = [];
  const inactive = inactiveCount(layer);
  if (inactive > 0) found.push(inactivity(run, neurons, layer, k, inactive));
  found.push(...stuck(run, layer, k));
  found.push(
    ...share(
      run,
      layer,
      'constant',
      'constantNeurons',
      'have the same output for every sample, so they carry no information about the input',
    ),
  );
  found.push(
    ...share(
      run,
      layer,
      'saturated',
      'saturatedNeurons',
      'are in the flat tail on every sample, where the gradient is close to zero',
      causeOfFlatness(run),
    ),
  );
  if (layer.counts.rare >= WARNING_SHARE * layer.units) {
    found.push(
      finding(
        'rareNeurons',
        'info',
        layer.name,
        null,
        `${layer.counts.rare} of ${layer.units} neurons of ${layer.name} (${percent(layer.counts.rare / layer.units)}) fire on fewer than 1 % of the samples. They are alive: sparsity is not death.`,
      ),
    );
  }
  return found;
}

function inactivity(run: RunRecord, neurons: Neurons, layer: LayerHealth, k: number, inactive: number): Finding {
  const since = inactiveSince(layer);
  const born = since.filter(({ isBorn }) => isBorn).length;
  const level = levelOf(inactive / layer.units);
  // The step at which the layer reached its current share.
  const threshold = { info: 0, warning: WARNING_SHARE, critical: CRITICAL_SHARE }[level];
  const reached = since[Math.max(0, Math.ceil(threshold * layer.units) - 1)]?.step ?? null;
  const permanent = layer.neurons.filter((neuron) => neuron.permanent).length;
  const certain =
    layer.counts.silent === 0
      ? ''
      : ` After ${neurons.samples} samples, each silent neuron fires on fewer than ${percent(Math.min(1, 3 / neurons.samples))} of all samples (95 % confidence).`;
  const proved =
    permanent === 0
      ? ''
      : ` ${permanent} of them provably cannot fire on any input in the range of the training data with the current weights.`;
  const severity = eased(run, level);
  const advice = {
    info: '',
    warning: ' This is at least a tenth of the layer.',
    critical: ' This is half of the layer or more, a clear sign that the job should change.',
  }[severity];
  const message = `${inactive} of ${layer.units} neurons of ${layer.name} (${percent(inactive / layer.units)}) never fire: ${born} born dead, ${since.length - born} died in training.${advice}${easing(run, level)}${proved}${certain}`;
  return finding('inactiveNeurons', severity, layer.name, reached, message, causeOfInactivity(run, neurons, k));
}

/**
 * With a straight tail of small slope, a neuron hardly learns. With a curved or steeper tail it still learns, more
 * slowly.
 */
function stuck(run: RunRecord, layer: LayerHealth, k: number): Finding[] {
  const activation = run.hidden[k]?.activation;
  const slope = activation?.type === 'leakyRelu' ? activation.alpha : 1;
  const cause = causeOfFlatness(run);
  if (slope >= 0.1)
    return share(
      run,
      layer,
      'stuck',
      'stuckNeurons',
      'have z <= 0 on every sample, so they only use the flat side of their activation, where they learn more slowly',
      cause,
    ).map((each) => (each.severity === 'critical' ? { ...each, severity: 'warning' } : each));
  return share(
    run,
    layer,
    'stuck',
    'stuckNeurons',
    `have z <= 0 on every sample, so they only use the flat side of their activation. With its slope of ${slope} they learn ${Math.round(1 / slope)} times more slowly`,
    cause,
  );
}

/** What is lost costs less where the network has learned well all the same. */
const eased = ({ learning }: RunRecord, level: Severity): Severity =>
  hasLearnedWell(learning) ? ({ info: 'info', warning: 'info', critical: 'warning' } as const)[level] : level;

const easing = ({ learning }: RunRecord, level: Severity): string =>
  level !== 'info' && learning.skill !== null && hasLearnedWell(learning)
    ? ` The network has learned all the same: its training loss is ${percent(1 - learning.skill)} of that of a constant answer.`
    : '';

function share(
  run: RunRecord,
  layer: LayerHealth,
  state: NeuronState,
  code: FindingCode,
  what: string,
  cause: Cause | null = null,
): Finding[] {
  const count = layer.counts[state];
  if (count === 0) return [];
  const level = levelOf(count / layer.units);
  return [
    finding(
      code,
      eased(run, level),
      layer.name,
      null,
      `${count} of ${layer.units} neurons of ${layer.name} (${percent(count / layer.units)}) ${what}.${easing(run, level)}`,
      cause,
    ),
  ];
}

function uncentred({ data, spec }: RunRecord): Finding[] {
  const ratio = data?.inputMeanToDeviation ?? 0;
  if (ratio <= 1) return [];
  return [
    finding(
      'uncentredInputs',
      'info',
      null,
      null,
      `The inputs are not centred: their mean is ${ratio.toPrecision(3)} times their standard deviation (normalize: ${spec.dataset.normalize}). This increases the number of neurons that are born dead.`,
    ),
  ];
}

/** What the lost neurons cost, if nothing else is wrong; each verdict names its criterion. */
function lostCapacity({ learning }: RunRecord, { layers }: Neurons, found: readonly Finding[]): Finding[] {
  if (found.some(({ severity }) => severity !== 'info')) return [];
  const inactive = layers.reduce((sum, layer) => sum + inactiveCount(layer), 0);
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const { loss, baseline, skill } = learning;
  const learned =
    skill === null || loss === null || baseline === null
      ? ''
      : ` The training loss is ${loss.toPrecision(3)}, that of the best constant answer is ${baseline.toPrecision(3)}.`;
  if (inactive === 0)
    return [
      finding(
        'healthy',
        'info',
        null,
        null,
        `No trouble by our criteria: all ${units} hidden neurons respond to their inputs.${learned}`,
      ),
    ];
  const message = `Little is lost by our criteria: the ${inactive} inactive neurons of ${units} (${percent(inactive / units)}) are lost capacity, as if the model were that much narrower. Removing them would not change its output on the training data.${learned}`;
  const evidence = { inactive, hiddenNeurons: units, share: inactive / units, loss, baselineLoss: baseline };
  return [
    finding('harmlessCapacityLoss', 'info', null, null, message, { code: 'spareCapacity', confidence: 0.5, evidence }),
  ];
}
