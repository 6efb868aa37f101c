/** What is known about one neuron, in short lines. */
import {
  timeOfLifeEvent,
  type LifeEvent,
  type LifeEventType,
  type NeuronHealth,
  type Neurons,
  type Snapshot,
} from '../../../vocabulary/index.ts';
import { columnOf, type FieldView } from '../../field/view.ts';
import type { Spot } from '../../field/painter.ts';
import { number, percent, whole } from '../../parts/format.ts';
import { STATE_LABELS } from '../../parts/labels.ts';

const neuronName = (view: Pick<FieldView, 'layers'>, { layer, index }: Spot): string =>
  `${view.layers[layer]?.name ?? `layer ${layer + 1}`} · neuron ${index}`;

const WORDS: Record<LifeEventType, string> = { bornDead: 'born dead', died: 'died', revived: 'revived' };

const inWords = (event: LifeEvent): string =>
  event.type === 'bornDead' ? WORDS.bornDead : `${WORDS[event.type]} ${timeOfLifeEvent(event, whole)}`;

/** Its life in words; the last few changes where there were many. */
function lifeStory(neuron: NeuronHealth | undefined): string {
  const history = neuron?.history ?? [];
  const shown = history.slice(-4).map(inWords);
  return (history.length > 4 ? `${history.length - 4} earlier changes, ` : '') + shown.join(', ');
}

export function describeNeuron(
  spot: Spot,
  view: FieldView,
  snapshot: Snapshot | null,
  neurons: Neurons | null,
  at: number | null,
) {
  const neuron = neurons?.layers[spot.layer]?.neurons[spot.index];
  const before = view.layers.slice(0, spot.layer).reduce((sum, layer) => sum + layer.units, 0);
  const state = view.states[before + spot.index] ?? 'active';
  const read = (field: 'meanAbs' | 'gradient') =>
    snapshot ? columnOf(snapshot, spot.layer, field)?.[spot.index] : undefined;
  const lines: [string, string][] = [
    ['state', neuron?.permanent && state === 'dead' ? 'permanently dead' : STATE_LABELS[state]],
    ['fires on', `${percent(view.fired[before + spot.index], 2)} of samples`],
    ['mean |output|', number(read('meanAbs') ?? neuron?.meanAbs)],
    ['mean |gradient|', number(read('gradient'))],
  ];
  if (neuron && at === null)
    lines.push(
      ['bias', number(neuron.bias)],
      ['incoming weight norm', number(neuron.incomingNorm)],
      ['max pre-activation', number(neuron.maxPreActivation)],
    );
  return { title: neuronName(view, spot), lines, life: lifeStory(neuron) };
}
