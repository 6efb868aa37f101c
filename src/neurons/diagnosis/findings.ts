/** What is wrong with a run's neurons, in each layer and in the whole network, if anything. */
import type { Cause, Finding, FindingCode, LayerHealth, Neurons, NeuronState } from '../../vocabulary/index.ts';
import { inactiveCount, inactiveSince, isBlocked, type RunRecord } from './run-record.ts';
import { causeOfDivergence, causeOfInactivity } from './causes.ts';
import { CRITICAL_SHARE, WARNING_SHARE, levelOf } from '../verdict/life.ts';

const finding = (
  code: FindingCode,
  severity: Finding['severity'],
  layer: string | null,
  since: number | null,
  message: string,
  cause: Cause | null = null,
): Finding => ({ code, severity, layer, since, message, cause });
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

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
  if (neurons.layers.length === 0) return [finding('healthy', 'info', null, null, 'The model has no hidden neurons.')];
  const found = [
    ...collapse(run, neurons),
    ...neurons.layers.flatMap((layer, k) => ofLayer(run, neurons, layer, k)),
    ...uncentred(run),
  ];
  return [...found, ...harmless(run, neurons, found)];
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
    run.loss.last !== null && run.loss.baseline !== null
      ? ` The loss is ${run.loss.last.toPrecision(3)}; the best constant answer would have a loss of ${run.loss.baseline.toPrecision(3)}.`
      : '';
  const stuck = layer.neurons.every(({ gradientZero }) => gradientZero)
    ? ` No layer up to ${layer.name} receives a gradient, so only the layers above it still learn.`
    : '';
  const message = `The network ${isBorn ? 'was born dead' : 'has become constant'}: the outputs of all ${layer.units} neurons of ${layer.name} are the same for every sample, so the network's output does not depend on its input.${stuck}${loss}`;
  return [finding('networkCollapsed', 'critical', layer.name, since, message, causeOfInactivity(run, neurons, k))];
}

function ofLayer(run: RunRecord, neurons: Neurons, layer: LayerHealth, k: number): Finding[] {
  const found: Finding[] = [];
  const inactive = inactiveCount(layer);
  if (inactive > 0) found.push(inactivity(run, neurons, layer, k, inactive));
  found.push(...stuck(run, layer, k));
  found.push(
    ...share(
      layer,
      'constant',
      'constantNeurons',
      'have the same output for every sample, so they carry no information about the input',
    ),
  );
  found.push(
    ...share(
      layer,
      'saturated',
      'saturatedNeurons',
      'are in the flat tail on every sample, where the gradient is close to zero',
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
  const severity = levelOf(inactive / layer.units);
  // The step at which the layer reached its current severity.
  const threshold = { info: 0, warning: WARNING_SHARE, critical: CRITICAL_SHARE }[severity];
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
  const advice = {
    info: '',
    warning: ' This is at least a tenth of the layer: keep an eye on it.',
    critical: ' This is half of the layer or more, a clear sign that the job should change.',
  }[severity];
  const message = `${inactive} of ${layer.units} neurons of ${layer.name} (${percent(inactive / layer.units)}) never fire: ${born} born dead, ${since.length - born} died in training.${advice}${proved}${certain}`;
  return finding('inactiveNeurons', severity, layer.name, reached, message, causeOfInactivity(run, neurons, k));
}

/**
 * With a straight tail of small slope, a neuron hardly learns. With a curved or steeper tail it still learns, more
 * slowly.
 */
function stuck({ hidden }: RunRecord, layer: LayerHealth, k: number): Finding[] {
  const activation = hidden[k]?.activation;
  const slope = activation?.type === 'leakyRelu' ? activation.alpha : 1;
  if (slope >= 0.1)
    return share(
      layer,
      'stuck',
      'stuckNeurons',
      'have z <= 0 on every sample, so they only use the flat side of their activation, where they learn more slowly',
    ).map((each) => (each.severity === 'critical' ? { ...each, severity: 'warning' } : each));
  return share(
    layer,
    'stuck',
    'stuckNeurons',
    `have z <= 0 on every sample, so they only use the flat side of their activation. With its slope of ${slope} they learn ${Math.round(1 / slope)} times more slowly`,
  );
}

function share(layer: LayerHealth, state: NeuronState, code: FindingCode, what: string): Finding[] {
  const count = layer.counts[state];
  if (count === 0) return [];
  return [
    finding(
      code,
      levelOf(count / layer.units),
      layer.name,
      null,
      `${count} of ${layer.units} neurons of ${layer.name} (${percent(count / layer.units)}) ${what}.`,
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

/** If the loss is fine, dead neurons are only lost capacity. */
function harmless({ loss }: RunRecord, { layers }: Neurons, found: readonly Finding[]): Finding[] {
  const isQuiet = found.every(({ severity }) => severity === 'info');
  const inactive = layers.reduce((sum, layer) => sum + inactiveCount(layer), 0);
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  if (inactive === 0)
    return isQuiet
      ? [
          finding(
            'healthy',
            'info',
            null,
            null,
            `The neurons are healthy: all ${units} hidden neurons respond to their inputs.`,
          ),
        ]
      : [];
  const isFine = loss.standing === 'fine';
  if (!isFine && (!isQuiet || loss.standing === 'poor')) return [];
  const why = isFine ? 'The loss is fine' : 'No layer has lost a tenth of its neurons';
  const message = `${why}: the ${inactive} inactive neurons of ${units} hidden ones (${percent(inactive / units)}) are only lost capacity, as if the model were that much narrower. Removing them would not change its output on the training data.`;
  const evidence = {
    inactive,
    hiddenNeurons: units,
    share: inactive / units,
    loss: loss.last,
    baselineLoss: loss.baseline,
  };
  return [
    finding('harmlessCapacityLoss', 'info', null, null, message, {
      code: 'spareCapacity',
      confidence: isFine ? 0.9 : 0.5,
      evidence,
    }),
  ];
}
