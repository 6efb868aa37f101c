import { Type } from 'typebox';
import type { ImportAnswer, ImportedId } from '../vocabulary/index.ts';
import { schemaOf } from './build.ts';

const ImportedIdSchema = schemaOf<ImportedId>()(
  Type.Object({
    from: Type.String({ description: 'The id in the archive.' }),
    to: Type.String({ description: 'The id here: the same, unless that was taken.' }),
  }),
);

export const ImportAnswerSchema = schemaOf<ImportAnswer>()(
  Type.Object({
    object: Type.Literal('import'),
    project: Type.String({ description: 'The id of the project to which everything belongs now.' }),
    experiment: Type.String(),
    runs: Type.Array(ImportedIdSchema),
    datasets: Type.Array(ImportedIdSchema, {
      description: 'A data set that is here already, with the same content, is not stored a second time.',
    }),
  }),
);
