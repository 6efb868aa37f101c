import { useState } from 'preact/hooks';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  taskOf,
  type CheckpointSelector,
  type Run,
  type SamplesAnswer,
} from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { whole } from '../../../parts/format.ts';
import { CheckpointSelect } from './checkpoint-select.tsx';
import { FitCurve } from './fit-curve.tsx';
import { lineOver, squareOver } from './grid.ts';
import type { Kept } from './kept.ts';
import { NotThere } from './not-there.tsx';
import { Plane } from './plane.tsx';
import type { ScienceProps } from './science.tsx';
import { useAnswer } from './use-answer.ts';
import { useSeen } from './use-seen.ts';

const LINE_POINTS = 240;
const SQUARE_POINTS = 64;
/** Points of each part of the data. */
const MOST_SAMPLES = 400;

/** The data of a picture: what the model says on a grid, and the samples. */
export interface Surface {
  step: number;
  /** [grid][inputs], [grid][outputs] */
  grid: number[][];
  outputs: number[][];
  training: SamplesAnswer;
  validation: SamplesAnswer | null;
}

interface Props extends Pick<ScienceProps, 'run'> {
  kept: Kept;
}

/** What the model has learned, drawn whole: possible for one or two inputs only. */
export function FunctionPanel({ run, kept }: Props) {
  const { value: features } = useAnswer(run.id, 0, () => featuresOf(run));
  return features === 1 || features === 2 ? <Drawn run={run} kept={kept} features={features} /> : null;
}

function Drawn({ run, kept, features }: Props & { features: 1 | 2 }) {
  const [box, isSeen] = useSeen<HTMLElement>();
  const [checkpoint, setCheckpoint] = useState<CheckpointSelector>('final');
  const { value: surface, fault } = useAnswer<Surface | null>(`${run.id} ${isSeen} ${checkpoint}`, kept.version, () =>
    isSeen ? readSurface(run.id, features, checkpoint) : Promise.resolve(null),
  );
  const isClassifier = taskOf(run.spec.training.loss) === 'classification';
  const heading = features === 1 ? 'Fit curve' : isClassifier ? 'Decision boundary' : 'Learned surface';
  return (
    <section ref={box} class="panel function" aria-label={heading}>
      <div class="panel-head">
        <h2>{heading}</h2>
        {surface && <span class="quiet num">at step {whole(surface.step)}</span>}
        <div class="confusion-choice">
          <CheckpointSelect kept={kept} value={checkpoint} choose={setCheckpoint} />
        </div>
      </div>
      <div class="panel-body" aria-busy={isSeen && !surface && fault === null}>
        {fault !== null && !surface && <NotThere fault={fault} />}
        {surface &&
          (features === 1 ? <FitCurve surface={surface} /> : <Plane surface={surface} side={SQUARE_POINTS} />)}
      </div>
    </section>
  );
}

async function readSurface(runId: string, features: 1 | 2, checkpoint: CheckpointSelector): Promise<Surface> {
  // The validation part; of a run without one, the training part.
  const first = await service.samples(runId, { limit: MOST_SAMPLES });
  const [training, validation] =
    first.part === 'training'
      ? [first, null]
      : [await service.samples(runId, { part: 'training', limit: MOST_SAMPLES }), first];
  const points = [...training.features, ...(validation?.features ?? [])];
  const grid = features === 1 ? lineOver(points, LINE_POINTS) : squareOver(points, SQUARE_POINTS);
  const { step, outputs } = await service.predict(runId, grid, { checkpoint });
  return { step, grid, outputs, training, validation };
}

/** How many inputs the network has, found without reading the data. */
async function featuresOf({ spec: { dataset } }: Run): Promise<number | null> {
  if (dataset.inline) return dataset.features;
  if (dataset.inputs) return dataset.inputs[0]?.length ?? null;
  if (dataset.name !== undefined && isBuiltInDataset(dataset.name)) return BUILT_IN_DATASETS[dataset.name].features;
  return dataset.id === undefined ? null : (await service.dataset(dataset.id, { version: dataset.version })).features;
}
