/** What was measured of the values in each layer: distributions and sizes over the steps. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { HistogramsAnswerSchema, LayersAnswerSchema, Step } from '../schemas/index.ts';
import {
  HISTOGRAM_BINS,
  HISTOGRAM_KINDS,
  type HistogramKind,
  type HistogramSeries,
  type VerdictHistograms,
} from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { answers, RunParams, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['neurons'];

export const layers: Routes = async (app, { store, trials }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/histograms',
    {
      schema: {
        tags,
        summary: 'Get histograms of weights, gradients and activations',
        description:
          'One per layer and verdict: before the first step, at ends of epochs, at the end. Empty for a run of an earlier version, which did not record them.',
        params: RunParams,
        querystring: Type.Object({
          layer: Type.Optional(
            Type.String({ maxLength: 100, description: 'Only this layer, for example `dense_1` or `output`.' }),
          ),
          kind: Type.Optional(Type.Enum(HISTOGRAM_KINDS, { description: 'Only these values. Default: all.' })),
          fromStep: Type.Optional(Step),
          toStep: Type.Optional(Step),
        }),
        response: answers(200, HistogramsAnswerSchema, 404),
      },
    },
    async (request) => {
      const { layer, kind, ...range } = request.query;
      const { id } = await findRun(request);
      const verdicts = await store.verdicts.histograms(id, range);
      return {
        object: 'histograms' as const,
        runId: id,
        bins: HISTOGRAM_BINS,
        steps: verdicts.map((verdict) => verdict.step),
        samples: verdicts.map(({ samples }) => samples),
        layers: selectSeries(verdicts, layer, kind === undefined ? HISTOGRAM_KINDS : [kind]),
      };
    },
  );

  app.get(
    '/v1/runs/:id/layers',
    {
      schema: {
        tags,
        summary: 'Get the sizes of weights, gradients and updates, by layer',
        description: 'One value per verdict. What an earlier version did not record is null.',
        params: RunParams,
        response: answers(200, LayersAnswerSchema, 404),
      },
    },
    async (request) => trials.layersOf(await findRun(request)),
  );
};

function selectSeries(
  verdicts: readonly VerdictHistograms[],
  wanted: string | undefined,
  kinds: readonly HistogramKind[],
): HistogramSeries[] {
  const names = [...new Set(verdicts.flatMap(({ layers: all }) => all.map(({ name }) => name)))];
  if (wanted !== undefined && names.length > 0 && !names.includes(wanted)) {
    const expected = `one of ${names.join(', ')}`;
    throw new RelumineError('INVALID_REQUEST', `The run has no layer ${JSON.stringify(wanted)}. Use ${expected}.`, {
      details: [{ path: 'layer', message: 'is not a layer of this run', expected }],
    });
  }
  return names
    .filter((name) => wanted === undefined || name === wanted)
    .flatMap((name) => {
      const ofLayer = verdicts.map(({ layers: all }) => all.find((layer) => layer.name === name));
      return kinds
        .map((kind) => ({ name, kind, histograms: ofLayer.map((layer) => layer?.[kind] ?? null) }))
        .filter(({ histograms }) => histograms.some((histogram) => histogram !== null));
    });
}
