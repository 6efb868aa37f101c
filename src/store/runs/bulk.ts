/** The numbers of inline data and initial weights that a run holds itself, deflated, apart from the rest of its spec. */
import type { DatasetSpec, InitialWeights, JobSpec } from '../../vocabulary/index.ts';
import { packJson, unpackJson } from '../postgres/database.ts';

/** The name of the parts that contain it. */
export const BULK = 'bulk';
/** Runs of earlier versions may hold more. */
export const MOST_BULK_BYTES = 256 * 1024;

interface Bulk {
  inputs?: number[][];
  targets?: number[] | number[][];
  initialWeights?: InitialWeights;
}

export async function splitSpec(spec: JobSpec): Promise<{ spec: JobSpec; bulk: Uint8Array | null }> {
  const { inputs, targets } = spec.dataset;
  const { initialWeights, ...model } = spec.model;
  const held = initialWeights && 'kernels' in initialWeights ? initialWeights : undefined;
  if (!inputs && !targets && !held) return { spec, bulk: null };
  return {
    spec: { ...spec, dataset: withoutRows(spec.dataset), model: held ? model : spec.model },
    bulk: await packJson({ inputs, targets, initialWeights: held } satisfies Bulk),
  };
}

function withoutRows(spec: DatasetSpec): DatasetSpec {
  if (spec.task === undefined || spec.inline) return spec;
  const { inputs: _inputs, targets: _targets, ...rest } = spec;
  return rest;
}

export async function joinSpec(spec: JobSpec, packed: Uint8Array): Promise<JobSpec> {
  const { inputs, targets, initialWeights } = await unpackJson<Bulk>(packed);
  const { dataset } = spec;
  return {
    ...spec,
    dataset: dataset.task === undefined || dataset.inline ? dataset : { ...dataset, inputs, targets },
    model: { ...spec.model, ...(initialWeights && { initialWeights }) },
  };
}

/** The hashes of what is kept apart from a job. */
export const hashesOf = ({ dataset, model }: JobSpec): { data: string | null; weights: string | null } => ({
  data: dataset.inline ? dataset.hash : null,
  weights: model.initialWeights && 'hash' in model.initialWeights ? model.initialWeights.hash : null,
});
