/** What a mistyped or foreign name was most likely meant to be. */

/**
 * Names that Keras, PyTorch, scikit-learn and papers use, and ours for them, likeliest first. The keys are in lower
 * case without punctuation, so that `batch_size`, `batch-size` and `batchsize` are one name.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  // The job and its training.
  act: ['activation'],
  activationfn: ['activation'],
  activationfunction: ['activation'],
  nonlinearity: ['activation'],
  bs: ['batchSize'],
  batch: ['batchSize'],
  minibatch: ['batchSize'],
  perdevicetrainbatchsize: ['batchSize'],
  nepoch: ['epochs'],
  nepochs: ['epochs'],
  numepochs: ['epochs'],
  maxepochs: ['epochs'],
  numtrainepochs: ['epochs'],
  iterations: ['epochs'],
  maxiter: ['epochs'],
  lr: ['learningRate'],
  eta: ['learningRate'],
  stepsize: ['learningRate'],
  learningrateinit: ['learningRate'],
  wd: ['weightDecay'],
  l2: ['weightDecay', 'meanSquaredError'],
  l2reg: ['weightDecay'],
  decay: ['weightDecay'],
  betas: ['beta1'],
  eps: ['epsilon'],
  classweight: ['classWeights'],
  posweight: ['classWeights'],
  clip: ['clipNorm'],
  gradclip: ['clipNorm'],
  gradientclipval: ['clipNorm'],
  maxgradnorm: ['clipNorm'],
  globalclipnorm: ['clipNorm'],
  randomstate: ['seed'],
  randomseed: ['seed'],
  opt: ['optimizer'],
  optim: ['optimizer'],
  solver: ['optimizer'],
  scheduler: ['schedule'],
  lrscheduler: ['schedule'],
  learningrateschedule: ['schedule'],
  earlystopping: ['stopping'],
  earlystop: ['stopping'],
  monitor: ['metric'],
  niternochange: ['patience'],
  criterion: ['loss'],
  lossfn: ['loss'],
  lossfunction: ['loss'],
  objective: ['loss'],
  warmup: ['warmupSteps'],
  numwarmupsteps: ['warmupSteps'],
  minlr: ['minLearningRate'],
  etamin: ['minimumFactor'],
  backend: ['engine'],
  title: ['name'],
  comment: ['notes'],
  description: ['notes'],
  project: ['experiment'],
  // The data set.
  data: ['dataset', 'inputs'],
  x: ['inputs'],
  xtrain: ['inputs'],
  features: ['inputs'],
  y: ['targets'],
  ytrain: ['targets'],
  labels: ['targets', 'tags'],
  valsplit: ['validationSplit'],
  valfraction: ['validationSplit'],
  validationfraction: ['validationSplit'],
  testsize: ['validationSplit'],
  normalization: ['normalize'],
  normalise: ['normalize'],
  normalizey: ['normalizeTargets'],
  targetscaler: ['normalizeTargets'],
  scaler: ['normalize'],
  scaling: ['normalize'],
  standardize: ['normalize', 'standard'],
  nsamples: ['samples'],
  numsamples: ['samples'],
  binary: ['classification'],
  multiclass: ['classification'],
  zscore: ['standard'],
  standardscaler: ['standard'],
  minmaxscaler: ['minMax'],
  mean: ['center'],
  // The model.
  hidden: ['layers'],
  hiddenlayers: ['layers'],
  hiddenlayersizes: ['layers'],
  hiddenunits: ['units'],
  neurons: ['units'],
  nodes: ['units'],
  width: ['units'],
  size: ['units'],
  outfeatures: ['units'],
  kernelinit: ['kernelInitializer'],
  weightinit: ['kernelInitializer'],
  weightinitializer: ['kernelInitializer'],
  init: ['kernelInitializer'],
  initializer: ['kernelInitializer'],
  biasinit: ['biasInitializer'],
  weights: ['initialWeights'],
  negativeslope: ['alpha'],
  slope: ['alpha'],
  p: ['rate'],
  probability: ['rate'],
  std: ['stddev'],
  scale: ['gain'],
  fc: ['dense'],
  linear: ['dense'],
  fullyconnected: ['dense'],
  bn: ['batchNormalization'],
  batchnorm: ['batchNormalization'],
  batchnorm1d: ['batchNormalization'],
  ln: ['layerNormalization'],
  layernorm: ['layerNormalization'],
  // Activations.
  leaky: ['leakyRelu'],
  lrelu: ['leakyRelu'],
  swish: ['silu'],
  identity: ['linear'],
  none: ['linear'],
  logistic: ['sigmoid'],
  gelunew: ['geluTanh'],
  // Initializers.
  he: ['heNormal'],
  kaiming: ['heNormal'],
  kaimingnormal: ['heNormal'],
  kaiminguniform: ['heUniform'],
  glorot: ['glorotUniform'],
  xavier: ['glorotUniform'],
  xaviernormal: ['glorotNormal'],
  xavieruniform: ['glorotUniform'],
  lecun: ['lecunNormal'],
  normal: ['randomNormal'],
  gaussian: ['randomNormal'],
  uniform: ['randomUniform'],
  rai: ['randomizedAsymmetric'],
  // Losses.
  mse: ['meanSquaredError'],
  mseloss: ['meanSquaredError'],
  mae: ['meanAbsoluteError'],
  l1: ['meanAbsoluteError'],
  l1loss: ['meanAbsoluteError'],
  smoothl1: ['huber'],
  smoothl1loss: ['huber'],
  ce: ['softmaxCrossEntropy'],
  crossentropy: ['softmaxCrossEntropy'],
  crossentropyloss: ['softmaxCrossEntropy'],
  categoricalcrossentropy: ['softmaxCrossEntropy'],
  sparsecategoricalcrossentropy: ['softmaxCrossEntropy'],
  nll: ['softmaxCrossEntropy'],
  bce: ['sigmoidCrossEntropy'],
  bceloss: ['sigmoidCrossEntropy'],
  bcewithlogitsloss: ['sigmoidCrossEntropy'],
  binarycrossentropy: ['sigmoidCrossEntropy'],
  // Optimizers, schedules, engines.
  rms: ['rmsprop'],
  adamweightdecay: ['adamw'],
  steplr: ['step'],
  exponentiallr: ['exponential'],
  exponentialdecay: ['exponential'],
  cosineannealing: ['cosine'],
  cosineannealinglr: ['cosine'],
  cosinedecay: ['cosine'],
  linearlr: ['linear'],
  plateau: ['reduceOnPlateau'],
  ort: ['onnx'],
  onnxruntime: ['onnx'],
  tf: ['tensorflow'],
  tfjs: ['tensorflow'],
  tensorflowjs: ['tensorflow'],
};

/** Places where a name is known but means something else. `[]` stands for any index. */
const HINTS: Readonly<Record<string, string>> = {
  'model.output.activation': 'of classification and multilabel it follows from the task: softmax or sigmoid',
  'model.outputActivation': 'did you mean "activation" in model.output?',
  'model.output.units': 'the number of outputs follows from the data set',
};

/** What to say about an unknown property at this path. */
export const hintAt = (path: string): string | undefined => (Object.hasOwn(HINTS, path) ? HINTS[path] : undefined);

/** Longer names are not compared. */
const LONGEST_NAME = 64;

export function synonymsOf(typed: string): readonly string[] {
  const key = typed.length > LONGEST_NAME ? '' : letters(typed);
  return (Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key] : undefined) ?? [];
}

/**
 * The known name that was most likely meant: `LeakyReLU` and `leaky_relu` mean `leakyRelu`, `swish` means `silu`, `adm`
 * means `adam`.
 */
export function meantName(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > LONGEST_NAME) return undefined;
  const wanted = letters(typed);
  return (
    known.find((name) => letters(name) === wanted) ??
    synonymsOf(typed).find((name) => known.includes(name)) ??
    nearestName(wanted, known)
  );
}

/** What a name and its other spellings share: all but case and punctuation. Nothing for one that is too long to be compared. */
export const lettersOf = (name: string): string => (name.length > LONGEST_NAME ? '' : letters(name));

function nearestName(wanted: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 1 + Math.floor(wanted.length / 3);
  for (const name of known) {
    const other = letters(name);
    // At least so many letters must be inserted or deleted.
    if (Math.abs(other.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, other);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(
        Math.min(
          at(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1),
          at(last, j) + 1,
          at(row, j - 1) + 1,
          isSwap ? at(beforeLast, j - 2) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity;
