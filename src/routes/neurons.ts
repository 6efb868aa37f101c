/** Health of every neuron, and its diagnosis. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { fileOf, neuronsTable } from '../exports/index.ts';
import { DiagnosisAnswerSchema, ErrorRef, NeuronsAnswerSchema, Step } from '../schemas/index.ts';
import { NEURON_STATES, type LayerHealth, type NeuronHealth, type NeuronState } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { answers, RunParams, type Routes } from './route.ts';
import { orTable, sendFile, tableFormat } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['neurons'];

const Query = Type.Object({
  format: tableFormat(),
  step: Type.Optional({
    ...Step,
    description: 'The newest verdict at or before this step. Default: the newest of all.',
  }),
  layer: Type.Optional(Type.String({ maxLength: 100, description: 'Only this layer, for example `dense_1`.' })),
  state: Type.Optional(
    Type.Array(Type.Enum(NEURON_STATES), {
      minItems: 1,
      description: 'Only neurons in one of these states, separated by commas.',
    }),
  ),
  diedAfter: Type.Optional({ ...Step, description: 'Only neurons that died after this step.' }),
});
interface Filter {
  layer?: string;
  state?: NeuronState[];
  diedAfter?: number;
}

export const neurons: Routes = async (app, { store, trials }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/neurons',
    {
      schema: {
        tags,
        summary: 'Get the health of every layer and neuron',
        description:
          'Filters select neurons; the counts of a layer always cover the whole layer. As a table it has one row per neuron.',
        params: RunParams,
        querystring: Query,
        response: { ...answers(404, ErrorRef), 200: orTable(NeuronsAnswerSchema) },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const run = await findRun(request);
      const verdict = await store.verdicts.at(run.id, query.step);
      if (!verdict)
        throw new RelumineError('NEURONS_NOT_FOUND', 'No neuron verdict yet. The first is taken when training starts.');
      const selected = { ...verdict.neurons, layers: select(verdict.neurons.layers, query) };
      const { format = 'json' } = query;
      return format === 'json'
        ? reply.send(selected)
        : sendFile(reply, fileOf(neuronsTable(selected), format, `${run.id}-neurons`));
    },
  );

  app.get(
    '/v1/runs/:id/diagnosis',
    {
      schema: {
        tags,
        summary: 'Get the diagnosis: what is wrong, why, and what to do',
        description:
          'Findings with their likely causes, and advice. Each piece of advice carries a merge patch (RFC 7396) on the spec, ready to submit. After trials the advice is in the order that they measured.',
        params: RunParams,
        response: answers(200, DiagnosisAnswerSchema, 404),
      },
    },
    async (request) => trials.diagnose(await findRun(request)),
  );
};

function select(layers: LayerHealth[], { layer, state, diedAfter }: Filter): LayerHealth[] {
  if (layer !== undefined && !layers.some(({ name }) => name === layer)) {
    const expected = `one of ${layers.map(({ name }) => name).join(', ')}`;
    throw new RelumineError('INVALID_REQUEST', `The run has no layer ${JSON.stringify(layer)}. Use ${expected}.`, {
      details: [{ path: 'layer', message: 'is not a layer of this run', expected }],
    });
  }
  const isWanted = (neuron: NeuronHealth) =>
    (state === undefined || state.includes(neuron.state)) &&
    (diedAfter === undefined || neuron.history.some((event) => event.type === 'died' && event.step > diedAfter));
  return layers
    .filter(({ name }) => layer === undefined || name === layer)
    .map((whole) => ({ ...whole, neurons: whole.neurons.filter(isWanted) }));
}
