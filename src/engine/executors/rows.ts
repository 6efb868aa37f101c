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
  // As numbers without a sign, negative ones are large. The greatest is looked for first, because an iterator, or two
  // comparisons for each, would take as long as a part of a small network's step.
  const { buffer, byteOffset, length } = indices;
  const rows = indices instanceof Int32Array ? new Uint32Array(buffer, byteOffset, length) : indices;
  let greatest = 0;
  for (let position = 0; position < length; position++) {
    const row = rows[position] as number;
    if (row > greatest) greatest = row;
  }
  if (greatest < count) return;
  const missing = indices.find((index) => index < 0 || index >= count);
  if (missing !== undefined) throw new RangeError(`There is no row ${missing}.`);
}
