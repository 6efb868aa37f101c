/** Which values of a program are needed, until when, and how much memory a step takes at most. */
import { isSource } from './operations.ts';
import { resultsOf, type Program } from './program.ts';
import { elementCount } from './shapes.ts';

/** Ids of the nodes that `results` are computed from, themselves included. */
export function neededFor(
  results: readonly number[],
  nodes: readonly ({ readonly inputs: readonly number[] } | null)[],
): Set<number> {
  const needed = new Set<number>();
  const pending = [...results];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    pending.push(...(nodes[id]?.inputs ?? []));
  }
  return needed;
}

/** For every node, the ids whose values can be freed after it. Inputs, constants and results are not among them. */
export function lastUses(program: Program): number[][] {
  const results = new Set(resultsOf(program));
  const isFree = new Set<number>();
  return program.nodes
    .toReversed()
    .map(({ inputs }) => {
      const freed = [...new Set(inputs)].filter((id) => {
        const node = program.nodes[id];
        return node !== undefined && !isSource(node) && !results.has(id) && !isFree.has(id);
      });
      freed.forEach((id) => isFree.add(id));
      return freed;
    })
    .toReversed();
}

/**
 * Most bytes that the values of one step occupy at once, without states, data and step inputs. Every value takes 4 bytes
 * per element.
 */
export function peakBytes(program: Program, batchSize: number): number {
  const freed = lastUses(program);
  const bytes = program.nodes.map((node) => (node.op === 'input' ? 0 : 4 * elementCount(node.shape, batchSize)));
  const bytesOf = (id: number): number => bytes[id] ?? 0;
  let [live, peak] = [0, 0];
  for (const { id } of program.nodes) {
    live += bytesOf(id);
    peak = Math.max(peak, live);
    for (const value of freed[id] ?? []) live -= bytesOf(value);
  }
  return peak;
}
