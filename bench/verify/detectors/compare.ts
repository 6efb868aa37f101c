/** Applies every rule to every network with known dead neurons. */
import { knownNetworks, type KnownNetwork, type Truth } from './cases.ts';
import { RULES, verdictOf, type Rule } from './rules.ts';

export interface Score {
  hits: number;
  falseAlarms: number;
  misses: number;
}
export interface NetworkScore {
  neurons: Score | null;
  layers: Score;
}
export interface RuleScores extends NetworkScore {
  rule: Rule;
  perNetwork: NetworkScore[];
}
/** Counts over all networks of a kind. */
export interface Described {
  name: string;
  neurons: number;
  lost: number;
  undecided: number;
  diverged: number;
  reportedDiverged: number;
  layers: number;
  dying: number;
}
export interface Comparison {
  seeds: number;
  networks: Described[];
  scores: RuleScores[];
}

/** A layer is dying if at least half of its neurons are lost, the level that tools call critical. */
const DYING = 0.5;

/** Sums over the seeds. Each seed makes another network of every kind. */
export async function compareDetectors(populationSize: number, seeds: readonly number[]): Promise<Comparison> {
  const described: Described[][] = [],
    scores: NetworkScore[][][] = [];
  for (const seed of seeds) {
    const networks = await knownNetworks(populationSize, seed);
    scores.push([]);
    for (const rule of RULES) {
      const perNetwork: NetworkScore[] = [];
      for (const network of networks) perNetwork.push(await scoreOn(rule, network));
      scores.at(-1)!.push(perNetwork);
    }
    described.push([]);
    for (const network of networks)
      described.at(-1)!.push({ ...describe(network), reportedDiverged: Number(!(await verdictOf(network)).finite) });
    await Promise.all(networks.map(({ opened }) => opened.network.close()));
  }
  return {
    seeds: seeds.length,
    networks: described[0]!.map((_, kind) => described.map((bySeed) => bySeed[kind]!).reduce(addDescriptions)),
    scores: RULES.map((rule, r) => {
      const perNetwork = described[0]!.map((_, kind) => addScores(scores.map((bySeed) => bySeed[r]![kind]!)));
      return { rule, perNetwork, ...addScores(perNetwork) };
    }),
  };
}

const addScores = (scores: readonly NetworkScore[]): NetworkScore => ({
  neurons: scores.every(({ neurons }) => neurons !== null) ? total(scores.map(({ neurons }) => neurons!)) : null,
  layers: total(scores.map(({ layers }) => layers)),
});

const addDescriptions = (a: Described, b: Described): Described => ({
  name: a.name,
  neurons: a.neurons + b.neurons,
  lost: a.lost + b.lost,
  undecided: a.undecided + b.undecided,
  diverged: a.diverged + b.diverged,
  reportedDiverged: a.reportedDiverged + b.reportedDiverged,
  layers: a.layers + b.layers,
  dying: a.dying + b.dying,
});

async function scoreOn(rule: Rule, network: KnownNetwork): Promise<NetworkScore> {
  const dying = dyingLayers(network);
  const layerScore = (alarms: readonly boolean[]): Score =>
    score(
      dying.filter((isDying) => isDying !== null),
      alarms.filter((_, k) => dying[k] !== null),
    );
  if (rule.kind === 'layer') return { neurons: null, layers: layerScore(rule.alarm(network)) };
  const flags = await rule.flag(network);
  const alarms = flags.map((layer) => layer.filter(Boolean).length / layer.length >= rule.layerShare);
  const decided = flags.flatMap((layer, k) =>
    layer.flatMap((flag, j) =>
      network.truth?.[k]![j] === 'undecided' ? [] : [[network.truth?.[k]![j] === 'lost', flag] as const],
    ),
  );
  return {
    neurons: score(
      decided.map(([isLost]) => isLost),
      decided.map(([, flag]) => flag),
    ),
    layers: layerScore(alarms),
  };
}

/**
 * In a diverged network no neuron and no layer is dead, so every flag is a false alarm. Null if undecided neurons would
 * decide.
 */
const dyingLayers = ({ truth, layers }: KnownNetwork): (boolean | null)[] =>
  layers.slice(0, -1).map((_, k) => {
    if (truth === null) return false;
    const share = (...kinds: Truth[]): number =>
      truth[k]!.filter((neuron) => kinds.includes(neuron)).length / truth[k]!.length;
    if (share('lost') >= DYING) return true;
    return share('lost', 'undecided') >= DYING ? null : false;
  });

const score = (truth: readonly boolean[], flags: readonly boolean[]): Score => ({
  hits: flags.filter((flag, i) => flag && truth[i]).length,
  falseAlarms: flags.filter((flag, i) => flag && !truth[i]).length,
  misses: flags.filter((flag, i) => !flag && truth[i]).length,
});

const total = (scores: readonly Score[]): Score =>
  scores.reduce(
    (sum, each) => ({
      hits: sum.hits + each.hits,
      falseAlarms: sum.falseAlarms + each.falseAlarms,
      misses: sum.misses + each.misses,
    }),
    { hits: 0, falseAlarms: 0, misses: 0 },
  );

function describe(network: KnownNetwork): Omit<Described, 'reportedDiverged'> {
  const neurons = network.truth?.flat() ?? [];
  const dying = dyingLayers(network);
  return {
    name: network.name,
    diverged: Number(network.truth === null),
    neurons: network.layers.slice(0, -1).reduce((sum, { bias }) => sum + bias.length, 0),
    lost: neurons.filter((truth) => truth === 'lost').length,
    undecided: neurons.filter((truth) => truth === 'undecided').length,
    layers: dying.length,
    dying: dying.filter(Boolean).length,
  };
}
