/** Removes what a program does not need, so that it keeps the promises of program.ts. */
import { neededFor } from './liveness.ts';
import { perOperand, type Node } from './operations.ts';
import { resultsOf, type Program } from './program.ts';

/** The program without nodes and read-only states that no output and no state update needs, its ids counted anew. */
export function prune({ name, nodes, states, outputs }: Program): Program {
  const updated = states.flatMap(({ input, next }) => (next === null ? [] : [input]));
  const needed = neededFor([...resultsOf({ outputs, states }), ...updated], nodes);
  const kept = nodes.filter(({ id }) => needed.has(id));
  const positions = new Map(kept.map(({ id }, position) => [id, position]));
  const positionOf = (id: number): number => positions.get(id) ?? Number.NaN;
  return {
    name,
    nodes: kept.map((node) => ({ ...node, id: positionOf(node.id), inputs: perOperand(node, positionOf) }) as Node),
    states: states
      .filter(({ input }) => needed.has(input))
      .map((state) => ({
        ...state,
        input: positionOf(state.input),
        next: state.next === null ? null : positionOf(state.next),
      })),
    outputs: outputs.map((output) => ({ ...output, node: positionOf(output.node) })),
  };
}
