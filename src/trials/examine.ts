/** The diagnosis of a run, from what is stored about it. */
import { diagnose, DIAGNOSED_METRICS, isEvidence, type DataFigures } from '../neurons/index.ts';
import type { Diagnosis, Neurons, NeuronState, Run } from '../vocabulary/index.ts';
import type { Store } from '../store/store.ts';

/** Of each curve that a diagnosis reads. */
const CURVE_POINTS = 1000;

/** Whose neurons a diagnosis looks at one by one. */
const DIAGNOSED_STATES: readonly NeuronState[] = ['silent', 'dead', 'constant'];

const isWithoutNeurons = ({ layers }: Neurons): boolean => layers.some(({ units, neurons }) => neurons.length < units);

export interface Examination {
  diagnosis: Diagnosis;
  /** Figures of the training data; null before the first verdict. */
  data: DataFigures | null;
}

export async function examine(
  store: Pick<Store, 'verdicts' | 'metrics'>,
  { id, spec, error, progress, summary }: Run,
): Promise<Examination> {
  const [stored, curves] = await Promise.all([
    store.verdicts.all(id),
    store.metrics.read(id, { keys: [...DIAGNOSED_METRICS], points: CURVE_POINTS }),
  ]);
  // Of a large network, a diagnosis looks at the neurons of the last verdict that are out.
  const last = stored.findLast(({ neurons }) => neurons.finite);
  if (last && isWithoutNeurons(last.neurons))
    last.neurons = (await store.verdicts.at(id, last.step, DIAGNOSED_STATES))?.neurons ?? last.neurons;
  const verdicts = stored.map(({ neurons, evidence }) => ({
    neurons,
    evidence: isEvidence(evidence) ? evidence : null,
  }));
  return {
    diagnosis: diagnose({ spec, verdicts, error, plannedSteps: progress.steps, curves, summary }),
    data: verdicts.at(-1)?.evidence?.data ?? null,
  };
}
