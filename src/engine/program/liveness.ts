/**
 * When each value of a program is used for the last time: where it can be freed, and how much memory a step needs at
 * once.
 */
import type { Program } from './program.ts';
import { elementCount } from './shapes.ts';

/**
 * For every node the ids of those that nothing reads after it. Inputs, constants, outputs and the states' next values
 * live on.
 */
export function lastUses(program: Program): number[][] {
  const keep = new Set([...program.outputs.map(({ node }) => node), ...program.states.map(({ next }) => next)]);
  const lastUser = new Map<number, number>();
  for (const node of program.nodes) {
    for (const input of node.inputs) lastUser.set(input, node.id);
  }
  const freed: number[][] = program.nodes.map(() => []);
  for (const [id, user] of lastUser) {
    const node = program.nodes[id]!;
    if (node.op !== 'input' && node.op !== 'constant' && !keep.has(id)) freed[user]!.push(id);
  }
  return freed;
}

/**
 * Most bytes that the values of one step occupy at once, without states, data and step inputs. All values take 4 bytes
 * an element.
 */
export function peakBytes(program: Program, batchSize: number): number {
  const freed = lastUses(program);
  const bytes = program.nodes.map((node) => (node.op === 'input' ? 0 : 4 * elementCount(node.shape, batchSize)));
  let [live, peak] = [0, 0];
  for (const node of program.nodes) {
    live += bytes[node.id]!;
    peak = Math.max(peak, live);
    for (const id of freed[node.id]!) live -= bytes[id]!;
  }
  return peak;
}
