/** Health of every neuron, and what to make of it. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { diagnose, type Evidence } from '../neurons/index.ts';
import {
  DiagnosisAnswerSchema,
  NEURON_STATES,
  NeuronsAnswerSchema,
  type LayerHealth,
  type NeuronHealth,
  type NeuronState,
} from '../schemas/index.ts';
import { openDoor } from './door.ts';
import { answers, RunParams, type Routes } from './route.ts';

const tags = ['neurons'];
const step = Type.Integer({ minimum: 0, maximum: 2 ** 53 - 1 });

const Query = Type.Object({
  step: Type.Optional({
    ...step,
    description: 'The newest verdict at or before this step; the newest of all where absent.',
  }),
  layer: Type.Optional(Type.String({ maxLength: 100, description: 'Only this layer, for example dense_1.' })),
  state: Type.Optional(
    Type.Array(Type.Enum(NEURON_STATES), { description: 'Only neurons in one of these states, separated by commas.' }),
  ),
  diedAfter: Type.Optional({ ...step, description: 'Only neurons that died after this step.' }),
});
interface Filter {
  layer?: string;
  state?: NeuronState[];
  diedAfter?: number;
}

export const neurons: Routes = async (app, { store }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/neurons',
    {
      schema: {
        tags,
        summary: 'Health of every layer and neuron',
        description: 'Filters choose neurons; the counts of a layer are always those of the whole layer.',
        params: RunParams,
        querystring: Query,
        response: answers(200, NeuronsAnswerSchema, 404),
      },
    },
    async (request) => {
      const { query } = request;
      const run = await findRun(request);
      const verdict = await store.verdicts.at(run.id, query.step);
      if (!verdict)
        throw new RelumineError(
          'NEURONS_NOT_FOUND',
          'The neurons of this run were not judged yet; they are when it begins to train, and then again and again.',
        );
      return { ...verdict.neurons, layers: select(verdict.neurons.layers, query) };
    },
  );

  app.get(
    '/v1/runs/:id/diagnosis',
    {
      schema: {
        tags,
        summary: 'What is wrong, why, and what to do',
        params: RunParams,
        response: answers(200, DiagnosisAnswerSchema, 404),
      },
    },
    async (request) => {
      const { id, spec, error, progress } = await findRun(request);
      const verdicts = (await store.verdicts.all(id)).map(({ neurons, evidence }) => ({
        neurons,
        evidence: evidence as Evidence | null,
      }));
      return diagnose({ spec, verdicts, error, plannedSteps: progress.steps });
    },
  );
};

function select(layers: LayerHealth[], { layer, state, diedAfter }: Filter): LayerHealth[] {
  if (layer !== undefined && !layers.some(({ name }) => name === layer)) {
    const expected = `one of ${layers.map(({ name }) => name).join(', ')}`;
    throw new RelumineError('INVALID_REQUEST', `This run has no layer of that name, but ${expected}.`, {
      details: [{ path: 'layer', message: 'is no layer of this run', expected }],
    });
  }
  const isWanted = (neuron: NeuronHealth) =>
    (state === undefined || state.includes(neuron.state)) &&
    (diedAfter === undefined || neuron.history.some((event) => event.type === 'died' && event.step > diedAfter));
  return layers
    .filter(({ name }) => layer === undefined || name === layer)
    .map((whole) => ({ ...whole, neurons: whole.neurons.filter(isWanted) }));
}
