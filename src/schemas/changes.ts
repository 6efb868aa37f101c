/** What a job changes against another one. */
import { Type } from 'typebox';
import type { Change } from '../vocabulary/index.ts';
import { schemaOf } from './build.ts';

export const ChangeSchema = schemaOf<Change>()(
  Type.Object({
    path: Type.String({ description: 'For example `training.optimizer.learningRate` or `model.layers[0].units`.' }),
    from: Type.Unknown({ description: 'Null where there was nothing. Long lists are named by their length.' }),
    to: Type.Unknown({ description: 'Null where there is nothing any more.' }),
  }),
);
