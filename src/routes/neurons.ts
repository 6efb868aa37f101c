/** Health of every neuron, and its diagnosis. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { fileOf, neuronsTable } from '../exports/index.ts';
import { DiagnosisAnswerSchema, ErrorRef, NeuronsAnswerSchema, Step } from '../schemas/index.ts';
import { NEURON_STATES, type Neurons } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { NeuronPage, NEURONS_PER_PAGE, readCursor } from './neuron-pages.ts';
import { answers, RunParams, type Routes } from './route.ts';
import { orTable, refuseForTables, sendFile, sendJson, tableFormat } from './table-answer.ts';
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
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: NEURONS_PER_PAGE,
      description: `At most so many neurons; 0: the counts of the layers only. Default: ${NEURONS_PER_PAGE}.`,
    }),
  ),
  after: Type.Optional(Type.String({ maxLength: 100, description: 'The `nextCursor` of the previous page.' })),
});
/** An answer with more neurons is made as it is sent. */
const LONG = 4096;
const isLong = ({ layers }: Neurons, limit: number): boolean =>
  Math.min(
    limit,
    layers.reduce((sum, { units }) => sum + units, 0),
  ) > LONG;

export const neurons: Routes = async (app, { store, trials }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/neurons',
    {
      schema: {
        tags,
        summary: 'Get the health of every layer and neuron',
        description:
          'Filters select neurons; the counts of a layer always cover the whole layer. Every layer is in every page; of a network with more neurons than `limit`, the next ones are behind `nextCursor`. As a table it has one row per neuron.',
        params: RunParams,
        querystring: Query,
        response: { ...answers(404, ErrorRef), 200: orTable(NeuronsAnswerSchema) },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const run = await findRun(request);
      const { format = 'json', after, limit = NEURONS_PER_PAGE } = query;
      if (format !== 'json') refuseForTables(query, ['after', 'limit']);
      const from = after === undefined ? null : readCursor(after);
      const verdict = await store.verdicts.open(run.id, from?.step ?? query.step);
      if (!verdict)
        throw new RelumineError('NEURONS_NOT_FOUND', 'No neuron verdict yet. The first is taken when training starts.');
      const page = new NeuronPage(verdict, query, { from, limit: format === 'json' ? limit : Infinity });
      if (format !== 'json') return sendFile(reply, fileOf(neuronsTable(page), format, `${run.id}-neurons`));
      return isLong(page.head, limit) ? sendJson(reply, page.json()) : reply.send(await page.answer());
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
