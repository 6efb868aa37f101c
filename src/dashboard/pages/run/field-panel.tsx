import type { Run } from '../../../vocabulary/index.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { FieldLegend } from '../../field/field-legend.tsx';
import { NeuronField } from '../../field/neuron-field.tsx';
import type { Spot } from '../../field/painter.ts';
import { viewOf } from '../../field/view.ts';
import { describeNeuron } from './describe-neuron.ts';
import { TimeSlider } from './time-slider.tsx';

interface Props {
  feed: RunFeed;
  run: Run;
  at: number | null;
  look: (step: number | null) => void;
  pinned: Spot | null;
  pin: (spot: Spot | null) => void;
}

export function FieldPanel({ feed, run, at, look, pinned, pin }: Props) {
  void feed.tick.value;
  const neurons = feed.neurons.value;
  const snapshot = at === null ? feed.frames.latest : feed.frames.at(at);
  const view = viewOf(snapshot, neurons, at ?? Infinity);
  return (
    <section class="panel field-panel" aria-label="Neurons">
      <div class="panel-head">
        <h2>Neurons</h2>
        <span class="quiet">
          {run.error?.code === 'DIVERGED'
            ? 'The last activity before the run diverged. Nothing is known of the neurons from then on.'
            : 'Each lamp is a neuron. It is as bright as the share of samples on which the neuron fires.'}
        </span>
        <FieldLegend states={view?.states ?? []} />
      </div>
      {view ? (
        <NeuronField
          view={view}
          pinned={pinned}
          pin={pin}
          describe={(spot) => describeNeuron(spot, view, snapshot, neurons, at)}
        />
      ) : (
        <div class="field-board waiting">
          <p>
            {isFinal(run.status)
              ? 'No neuron activity was stored for this run.'
              : 'The lamps light up when training starts.'}
          </p>
        </div>
      )}
      <TimeSlider feed={feed} run={run} at={at} look={look} />
    </section>
  );
}
