/** Step inputs that are numbers of rows of data. Neither ONNX Runtime nor generated code refuses a wrong one. */
import type { Program } from '../program/program.ts';
import type { HostArray } from './executor.ts';

/** By step input: how many rows the smallest table has that it indexes. */
export function rowCounts({ nodes }: Program): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    if (node.op !== 'gather') continue;
    const [table, indices] = node.inputs.map((id) => nodes[id]);
    if (indices?.op !== 'input') continue;
    counts.set(indices.name, Math.min(Number(table?.shape[0]), counts.get(indices.name) ?? Infinity));
  }
  return counts;
}

/** Throws RangeError for a row that is not there. */
export function demandRows(indices: HostArray, count: number): void {
  // An iterator would take as long as a small network's step.
  for (let position = 0; position < indices.length; position++) {
    const index = indices[position] ?? 0;
    if (index < 0 || index >= count) throw new RangeError(`There is no row ${index}.`);
  }
}
