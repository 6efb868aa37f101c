/**
 * Measures what the engines take for a step of networks of many kinds, and fits the prices from which they estimate
 * their cost (`PRICES` of each executor): non-negative least squares on relative errors. CPU time, engines in turn. Then
 * shows for each network what `auto` takes with the prices as they are in the code, and how much longer that takes than the
 * fastest.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { candidates, EXECUTORS } from '../../src/engine/executors/registry.ts';
import { workOf, type Prices, type Work } from '../../src/engine/executors/work.ts';
import type { Network } from '../../src/engine/network.ts';
import type { Routine } from '../../src/engine/program/program.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import { ENGINES, type EngineName } from '../../src/vocabulary/index.ts';
import { dataOf, KINDS_OF_NETWORKS, modelOf, trainingOf } from './networks.ts';
import { fit } from './fit.ts';

const ROUND_MS = 60;
const ROUNDS = 5;

const { values: options } = parseArgs({ options: { engines: { type: 'string', default: ENGINES.join() } } });
const engines = ENGINES.filter((name) => options.engines.split(',').includes(name));

interface Measured {
  name: string;
  routines: readonly Routine[];
  batchSize: number;
  work: Work;
  times: Partial<Record<EngineName, number>>;
}

const measured: Measured[] = [];
for (const network of KINDS_OF_NETWORKS) {
  const data = dataOf(network);
  const routines = planNetwork(modelOf(network), trainingOf(network), data).all;
  const [step] = routines;
  if (!step) throw new TypeError('A network has no training step.');
  const times: Partial<Record<EngineName, number>> = {};
  for (const name of engines) {
    const executor = EXECUTORS[name];
    if ((await executor.availability()).available)
      times[name] = await microsecondsOf(
        await openNetworkOn(executor, modelOf(network), trainingOf(network), data),
        network.batchSize,
        data.sampleCount,
      );
  }
  const { batchSize } = network;
  const name = `${network.sizes.join('-')}, ${batchSize}, ${network.activation}${network.isNormalized ? ', normalised' : ''}`;
  measured.push({ name, routines, batchSize, work: workOf(step, batchSize), times });
  const list = Object.entries(times).map(([name, time]) => `${name} ${time.toPrecision(3)}`);
  console.log(`${name}: ${list.join(', ')} us`);
}

console.log(`\nPrices on ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node.js ${process.version}:`);
for (const name of engines) {
  const rows = measured.flatMap(({ work, times }) => {
    const time = times[name];
    return time === undefined ? [] : [{ terms: termsOf(work), time }];
  });
  if (rows.length === 0) continue;
  const { factors, medianError, worstError } = fit(rows);
  const [perStep = 0, perOperation = 0, multiplyAdd = 0, batchElement = 0, vectorElement = 0, largeElement = 0] =
    factors;
  const prices: Prices = {
    perStep,
    perOperation,
    perKiloMultiplyAdd: multiplyAdd,
    perKiloBatchElement: batchElement,
    perKiloVectorElement: vectorElement,
    perKiloLargeElement: largeElement,
  };
  const list = Object.entries(prices).map(([key, value]) => `${key}: ${value.toPrecision(2)}`);
  console.log(
    `${name}: { ${list.join(', ')} }, off by ${percent(medianError)} (median), ${percent(worstError)} (worst)`,
  );
}

const choices = measured.map(({ name, routines, batchSize, times }) => {
  const [chosen] = candidates('auto', routines, batchSize)
    .map(({ executor }) => executor.name)
    .filter((engine) => times[engine]);
  const fastest = Math.min(...Object.values(times));
  return { name, chosen, ratio: (chosen ? (times[chosen] ?? Number.NaN) : Number.NaN) / fastest };
});
console.log('\nWhat auto takes with the prices in the code, and its time over that of the fastest:');
for (const { name, chosen, ratio } of choices) console.log(`${name}: ${chosen}, ${ratio.toFixed(2)}`);
console.log(`mean: ${(choices.reduce((sum, { ratio }) => sum + ratio, 0) / choices.length).toFixed(3)}`);

/** Of a step, the median of rounds. */
async function microsecondsOf(network: Network, batchSize: number, sampleCount: number): Promise<number> {
  const run = async (steps: number): Promise<number> => {
    const indices = Int32Array.from({ length: steps * batchSize }, () => Math.floor(Math.random() * sampleCount));
    const before = process.cpuUsage();
    await network.train({ indices, batchSize, learningRates: new Float64Array(steps).fill(1e-3) });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / steps;
  };
  let steps = 1;
  // Compiled code is optimised while it runs: long enough for that.
  for (let warm = 0; warm < 12; warm++) steps = Math.ceil(Math.min(8 * steps, (1000 * ROUND_MS) / (await run(steps))));
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await run(steps));
  await network.close();
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function termsOf({ operations, multiplyAdds, batchElements, vectorElements, largeElements }: Work): number[] {
  return [1, operations, ...[multiplyAdds, batchElements, vectorElements, largeElements].map((count) => count / 1000)];
}
function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
