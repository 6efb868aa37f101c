/** V6 and V7: deep, narrow networks trained on |x| by the engine; at full scale in two processes. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rate, type Check, type Scale } from './check.ts';
import { trainMany, type CollapseCounts, type CollapseOrder } from './collapse.ts';

const PROCESSES = 2;

async function trainInProcesses(order: CollapseOrder): Promise<CollapseCounts> {
  const share = order.seeds / PROCESSES;
  const parts = await Promise.all(
    Array.from({ length: PROCESSES }, (_, i) =>
      trainInProcess({ ...order, firstSeed: order.firstSeed + i * share, seeds: share }),
    ),
  );
  return parts.reduce((sum, part) => ({
    engine: part.engine,
    runs: sum.runs + part.runs,
    bornConstant: sum.bornConstant + part.bornConstant,
    collapsed: sum.collapsed + part.collapsed,
    fitted: sum.fitted + part.fitted,
    disagreements: sum.disagreements + part.disagreements,
  }));
}

async function trainInProcess(order: CollapseOrder): Promise<CollapseCounts> {
  const child = fork(new URL('./collapse-worker.js', import.meta.url));
  child.send(order);
  const counts = await Promise.race([
    once(child, 'message').then(([message]) => message as CollapseCounts),
    once(child, 'exit').then(([code]) => {
      throw new Error(`A training process exited with ${code}.`);
    }),
  ]);
  return counts;
}

const train = (scale: Scale, order: CollapseOrder, quick: Partial<CollapseOrder>): Promise<CollapseCounts> =>
  scale === 'full' ? trainInProcesses(order) : trainMany({ ...order, ...quick });

export const collapseChecks: readonly Check[] = [
  {
    id: 'V6',
    setup: 'Train 1 - (2 x 9) - 1 ReLU on |x|: He in every layer, Adam 0.001, batch 128, 1,000 steps, 1,500 networks',
    source: 'Lu et al. 2020: above 90 % collapse; an independent simulation (numpy): 0.927, born constant 0.881',
    run: async (scale) => {
      const counts = await train(
        scale,
        { kernelInitializer: 'heNormal', steps: 1000, firstSeed: 1, seeds: 1500 },
        { seeds: 40, steps: 250 },
      );
      return [
        rate('born constant', 0.881, counts.bornConstant, counts.runs, 0.025, scale),
        rate(`collapsed, on ${counts.engine}`, 0.927, counts.collapsed, counts.runs, 0.02, scale),
        ...(scale === 'full'
          ? [rate('collapsed, as published: above 0.9', [0.9, 1], counts.collapsed, counts.runs, 0, scale)]
          : []),
        {
          quantity: 'networks where the verdict and the predictions differ',
          expected: 0,
          ours: counts.disagreements,
          tolerance: 0,
        },
      ];
    },
  },
  {
    id: 'V7',
    setup:
      'The same with randomised asymmetric weights in every layer (in the output layer by model.output), 6,000 steps, 500 networks',
    source: 'An independent simulation (numpy): 0.40, born constant 0.206',
    run: async (scale) => {
      const counts = await train(
        scale,
        { kernelInitializer: 'randomizedAsymmetric', steps: 6000, firstSeed: 1, seeds: 500 },
        { seeds: 0, steps: 0 },
      );
      if (counts.runs === 0) return [];
      return [
        rate('born constant', 0.206, counts.bornConstant, counts.runs, 0.055, scale),
        rate(`collapsed, on ${counts.engine}`, 0.4, counts.collapsed, counts.runs, 0.06, scale),
        {
          quantity: 'networks where the verdict and the predictions differ',
          expected: 0,
          ours: counts.disagreements,
          tolerance: 0,
        },
      ];
    },
  },
];
