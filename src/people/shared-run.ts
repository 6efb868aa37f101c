/** What a share link shows of a run: what it reported, not the data and weights that came with its job. */
import type { Run } from '../vocabulary/index.ts';
import type { Caller } from './caller.ts';

export function visibleTo({ via }: Caller, run: Run): Run {
  if (via !== 'share') return run;
  const { dataset, model } = run.spec;
  const { initialWeights: _weights, ...layers } = model;
  return { ...run, createdBy: null, spec: { ...run.spec, dataset: withoutRows(dataset), model: layers } };
}

function withoutRows(dataset: Run['spec']['dataset']): Run['spec']['dataset'] {
  if (dataset.task === undefined) return dataset;
  const { inputs: _inputs, targets: _targets, ...rest } = dataset;
  return rest;
}
