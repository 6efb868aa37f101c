/** Life histories: what changed between one verdict and the next. */
import {
  NEURON_STATES,
  timeOfLifeEvent,
  type EventLevel,
  type LifeEvent,
  type LifeEventType,
  type NeuronHealth,
  type NeuronState,
  type Neurons,
  type RunEvent,
} from '../../vocabulary/index.ts';
import { isInactive } from './state.ts';

/**
 * Shares of inactive neurons in a layer that need attention: the threshold of keras-contrib, and that of SageMaker and
 * TheDeepChecker.
 */
export const WARNING_SHARE = 0.1;
export const CRITICAL_SHARE = 0.5;

/**
 * A neuron that is inactive at the first verdict was born dead if that verdict is at step 0; otherwise it died earlier.
 * `after` is the step of the verdict before; null if there is none.
 */
export function continueHistory(
  before: NeuronHealth | undefined,
  state: NeuronState,
  step: number,
  after: number | null,
): LifeEvent[] {
  const history = before?.history ?? [];
  const wasInactive = before !== undefined && isInactive(before.state);
  if (isInactive(state) === wasInactive) return history;
  if (step === 0) return [...history, { type: 'bornDead', step }];
  return [...history, { type: wasInactive ? 'revived' : 'died', step, ...(after !== null && { after }) }];
}

export function countStates(neurons: readonly { state: NeuronState }[]): Record<NeuronState, number> {
  const counts = Object.fromEntries(NEURON_STATES.map((state) => [state, 0])) as Record<NeuronState, number>;
  for (const { state } of neurons) counts[state]++;
  return counts;
}

const CODES = {
  bornDead: 'NEURONS_BORN_DEAD',
  died: 'NEURONS_DIED',
  revived: 'NEURONS_REVIVED',
} as const satisfies Record<LifeEventType, string>;
const VERBS = {
  bornDead: ['was born dead', 'were born dead'],
  died: ['died', 'died'],
  revived: ['was revived', 'were revived'],
} as const satisfies Record<LifeEventType, readonly [one: string, more: string]>;

/**
 * The events of one verdict, one per layer and kind of change, with the indices of the neurons: a layer that dies at
 * once is one message, not thousands. An event about a single neuron also has `neuron`.
 */
export function lifeEvents(previous: Neurons | null, current: Neurons): RunEvent[] {
  if (!current.finite) return [];
  const events: RunEvent[] = [];
  for (const [k, layer] of current.layers.entries()) {
    const earlier = previous?.layers[k]?.neurons ?? [];
    for (const type of ['bornDead', 'died', 'revived'] as const) {
      const changed = layer.neurons.filter(
        ({ history }, j) => history.length > (earlier[j]?.history.length ?? 0) && history.at(-1)?.type === type,
      );
      if (changed.length === 0) continue;
      const inactive = layer.counts.dead + layer.counts.silent;
      const { step, after } = changed[0]!.history.at(-1)!;
      events.push({
        code: CODES[type],
        level: type === 'revived' ? 'info' : levelOf(inactive / layer.units),
        message: `${changed.length} of ${layer.units} neurons of ${layer.name} ${VERBS[type][changed.length === 1 ? 0 : 1]} ${timeOfLifeEvent({ type, step, after })}; ${inactive} ${inactive === 1 ? 'is' : 'are'} now inactive`,
        layer: layer.name,
        ...(changed.length === 1 ? { neuron: changed[0]!.index } : {}),
        data: {
          type,
          ...(after !== undefined && { after }),
          count: changed.length,
          neurons: changed.map(({ index }) => index),
          inactive,
          units: layer.units,
          sincePrevious: previous?.step ?? null,
        },
      });
    }
  }
  return events;
}

export function levelOf(inactiveShare: number): EventLevel {
  if (inactiveShare >= CRITICAL_SHARE) return 'critical';
  return inactiveShare >= WARNING_SHARE ? 'warning' : 'info';
}
