/** What a client sends to change a data set, and what it gets to look at first. */
import { Type } from 'typebox';
import {
  TASKS,
  type ColumnProfile,
  type DatasetPatch,
  type DatasetPreview,
  type PreviewValue,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { ProjectName } from './projects.ts';
import {
  CategoriesSchema,
  EncodingSchema,
  FillSchema,
  KindSchema,
  NameSchema,
  RoleSchema,
  RowSplitSchema,
} from './columns.ts';

export const DatasetPatchSchema = schemaOf<DatasetPatch>()(
  closed({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    project: Type.Optional({ ...ProjectName, description: 'Moves the data set there. Its id, or its name.' }),
    task: Type.Optional(Type.Enum([...TASKS])),
    columns: Type.Optional(
      Type.Array(
        closed({
          name: NameSchema,
          kind: Type.Optional(KindSchema),
          role: Type.Optional(RoleSchema),
          categories: Type.Optional(CategoriesSchema),
          encoding: Type.Optional(EncodingSchema),
          fill: Type.Optional(FillSchema),
        }),
        { description: 'Changes by the name of the column. Columns that are not named stay as they are.' },
      ),
    ),
    split: Type.Optional(RowSplitSchema),
  }),
);

const FigureSchema = nullable(Type.Number());
const CountsSchema = Type.Array(Type.Object({ name: Type.String(), count: Type.Integer() }));
const ColumnProfileSchema = schemaOf<ColumnProfile>()(
  Type.Object({
    name: Type.String(),
    kind: KindSchema,
    width: Type.Integer(),
    missing: Type.Integer(),
    missingShare: Type.Number({ description: '`missing` by the number of rows.' }),
    distinct: nullable(Type.Integer(), 'null: more than were counted.'),
    minimum: FigureSchema,
    maximum: FigureSchema,
    mean: FigureSchema,
    deviation: FigureSchema,
    histogram: Type.Optional(
      Type.Object(
        { edges: Type.Array(Type.Number()), counts: Type.Array(Type.Integer()) },
        { description: '`counts[i]` values from `edges[i]` to `edges[i + 1]`.' },
      ),
    ),
    top: Type.Optional(
      Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() }), {
        description: 'The most frequent values.',
      }),
    ),
  }),
);

export const DatasetPreviewSchema = schemaOf<DatasetPreview>()(
  Type.Object({
    object: Type.Literal('preview'),
    id: Type.String(),
    version: Type.Integer(),
    columns: Type.Array(ColumnProfileSchema),
    rows: Type.Array(
      Type.Array(
        Type.Unsafe<PreviewValue>({
          description: 'A number, a text, or null; the values of a wide column are a list.',
        }),
      ),
      { description: 'The first rows as they were read, one value per column.' },
    ),
    totalRows: Type.Integer(),
    classes: nullable(CountsSchema, 'With their rows; null for a regression.'),
    reading: Type.Record(Type.String(), Type.Unknown(), {
      description: 'How the files were read: what was guessed, and what was given.',
    }),
  }),
);
