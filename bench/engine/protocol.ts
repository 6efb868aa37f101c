/**
 * A contestant is a process of its own that answers one line of JSON with one line of JSON: first it opens a network,
 * then it
 * trains as many steps as it is asked to. So every contestant has its own threads, heap and libraries, and they can
 * take turns.
 */
import { createInterface } from 'node:readline';
import type { BenchNetwork } from './networks.ts';

export type Request = { type: 'open'; network: BenchNetwork; samples: number } | { type: 'train'; steps: number };
export type Reply = { type: 'opened' } | { type: 'missing'; reason: string } | Trained;
/** Time on the clock, and time of all its threads on a processor. */
export interface Trained {
  type: 'trained';
  wallMs: number;
  cpuMs: number;
}

export interface Contestant {
  open(network: BenchNetwork, samples: number): Promise<void>;
  train(steps: number): Promise<void>;
}

/** Plays a contestant that is written in this language, until the other side closes its end. */
export async function play(contestant: Contestant): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(contestant, JSON.parse(line) as Request))}\n`);
  }
}

async function answer(contestant: Contestant, request: Request): Promise<Reply> {
  try {
    if (request.type === 'open') {
      await contestant.open(request.network, request.samples);
      return { type: 'opened' };
    }
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    await contestant.train(request.steps);
    const { user, system } = process.cpuUsage(cpu);
    return { type: 'trained', wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
  } catch (error) {
    return { type: 'missing', reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}
