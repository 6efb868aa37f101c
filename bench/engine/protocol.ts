/**
 * A contestant is a separate process that replies to each line of JSON with a line of JSON. It opens a network, then
 * trains the requested number of steps. So every contestant has its own threads, heap and libraries, and they can take
 * turns.
 */
import { createInterface } from 'node:readline';
import type { BenchNetwork } from './networks.ts';

export type Request = { type: 'open'; network: BenchNetwork; samples: number } | { type: 'train'; steps: number };
/** `engine`: what a contestant chose, if it has a choice. */
export type Reply = { type: 'opened'; engine?: string } | { type: 'missing'; reason: string } | Trained;
/** Wall time, and CPU time of all threads. */
export interface Trained {
  type: 'trained';
  wallMs: number;
  cpuMs: number;
}

export interface Contestant {
  /** Returns what computes, if there was a choice. */
  open(network: BenchNetwork, samples: number): Promise<string | undefined>;
  train(steps: number): Promise<void>;
}

/** Runs a contestant that is written in TypeScript, until the other side closes the pipe. */
export async function play(contestant: Contestant): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(contestant, JSON.parse(line) as Request))}\n`);
  }
}

async function answer(contestant: Contestant, request: Request): Promise<Reply> {
  try {
    if (request.type === 'open') {
      const engine = await contestant.open(request.network, request.samples);
      return { type: 'opened', ...(typeof engine === 'string' && { engine }) };
    }
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    await contestant.train(request.steps);
    const { user, system } = process.cpuUsage(cpu);
    return { type: 'trained', wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
  } catch (error) {
    return { type: 'missing', reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}
