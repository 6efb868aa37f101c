import { Type } from 'typebox';
import { SUMMARY_KEYS, type RunGroups, type Statistics, type SummaryKey } from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

const StatisticsSchema = schemaOf<Statistics>()(
  Type.Object({
    n: Type.Integer({ description: 'Runs of the group that have the figure.' }),
    mean: Type.Number(),
    std: nullable(Type.Number(), 'Sample standard deviation; null for a single run.'),
    min: Type.Number(),
    max: Type.Number(),
  }),
);

export const RunGroupsSchema = schemaOf<RunGroups>()(
  Type.Object({
    object: Type.Literal('runGroups'),
    by: Type.Array(Type.String(), { description: 'The paths of the fields.' }),
    data: Type.Array(
      Type.Object({
        by: Type.Record(Type.String(), Type.Unknown(), { description: 'The value of each field; null for none.' }),
        count: Type.Integer({ description: 'Runs in the group.' }),
        summary: Type.Unsafe<Partial<Record<SummaryKey, Statistics>>>({
          type: 'object',
          properties: Object.fromEntries(SUMMARY_KEYS.map((key) => [key, StatisticsSchema])),
          description: 'What no run of the group has is absent.',
        }),
      }),
    ),
    hasMore: Type.Boolean({ description: 'There are more groups than were asked for.' }),
  }),
);
