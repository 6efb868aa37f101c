/** Makes one program of a routine's programs, for executors that gain nothing from running them one by one. */
import { perOperand, type Node } from './operations.ts';
import type { Program, Routine } from './program.ts';
import { prune } from './prune.ts';

const known = new WeakMap<Routine, Program>();

/** The same program for every executor that asks for it. */
export function joinPrograms(routine: Routine): Program {
  let program = known.get(routine);
  if (!program) known.set(routine, (program = join(routine)));
  return program;
}

/**
 * A program named like the routine that computes in a step what its programs compute one after another. The states that
 * only hand values over become values of the step.
 */
function join({ name, programs, handedOver }: Routine): Program {
  const [only, ...others] = programs;
  if (only && others.length === 0) return { ...only, name };
  const nodes: Node[] = [];
  const inputs = new Map<string, number>();
  const states = new Map<string, { input: number; next: number | null }>();
  const outputs: Program['outputs'][number][] = [];
  for (const program of programs) {
    const ids: number[] = [];
    const idOf = (id: number): number => ids[id] ?? Number.NaN;
    for (const node of program.nodes) {
      const key = node.op === 'input' ? `${node.role} ${node.name}` : null;
      const written = node.op === 'input' && node.role === 'state' ? states.get(node.name)?.next : null;
      const known = written ?? (key === null ? null : inputs.get(key)) ?? null;
      ids[node.id] = known ?? nodes.length;
      if (known !== null) continue;
      if (key !== null) inputs.set(key, nodes.length);
      nodes.push({ ...node, id: nodes.length, inputs: perOperand(node, idOf) } as Node);
    }
    for (const state of program.states) {
      const known = states.get(state.name);
      const input = known?.input ?? idOf(state.input);
      states.set(state.name, { input, next: state.next === null ? (known?.next ?? null) : idOf(state.next) });
    }
    outputs.push(...program.outputs.map((output) => ({ ...output, node: idOf(output.node) })));
  }
  const kept = [...states].filter(([state]) => !handedOver.includes(state));
  return prune({ name, nodes, states: kept.map(([state, binding]) => ({ name: state, ...binding })), outputs });
}
