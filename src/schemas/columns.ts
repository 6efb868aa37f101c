/** The columns of an uploaded data set, and what a client may change of them. */
import { Type } from 'typebox';
import {
  COLUMN_KINDS,
  COLUMN_ROLES,
  ENCODINGS,
  NAMED_FILLS,
  WARNING_CODES,
  type Column,
  type DataWarning,
  type Fill,
  type RowSplit,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';

export const KindSchema = Type.Enum([...COLUMN_KINDS]);
export const RoleSchema = Type.Enum([...COLUMN_ROLES]);
export const EncodingSchema = Type.Enum([...ENCODINGS], {
  description:
    'oneHot: one input per category; ordered: 0 to k - 1 in the order of the categories; number: a date in days; cyclic: sine and cosine of its hour, weekday and month.',
});
export const FillSchema = schemaOf<Fill>()(
  Type.Union(
    [Type.Enum([...NAMED_FILLS]), closed({ value: Type.Union([Type.Number(), Type.String({ maxLength: 1000 })]) })],
    {
      description:
        'What stands for a missing value. drop: the row is left out; mean, median: of the training part; mode: the most frequent value; indicator: the mean, and one more input that is 1 where the value is missing; or a value.',
    },
  ),
);
export const NameSchema = Type.String({ minLength: 1, maxLength: 1000 });
export const CategoriesSchema = Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 16_384 });

export const ColumnSchema = schemaOf<Column>()(
  Type.Object({
    name: Type.String(),
    kind: KindSchema,
    role: RoleSchema,
    width: Type.Integer({ description: 'Values per row: 1, or 784 for the pixels of an image.' }),
    shape: Type.Optional(Type.Array(Type.Integer())),
    missing: Type.Integer({ description: 'Rows without a value.' }),
    distinct: nullable(Type.Integer(), 'Different values; null: more than were counted.'),
    categories: Type.Optional(CategoriesSchema),
    encoding: Type.Optional(EncodingSchema),
    fill: Type.Optional(FillSchema),
  }),
);

const ValuesSchema = Type.Array(Type.String({ maxLength: 1000 }), { minItems: 1, maxItems: 1000 });
const ShareSchema = Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 });
export const RowSplitSchema = schemaOf<RowSplit>()(
  Type.Union(
    [
      closed({ by: Type.Literal('share') }),
      closed({
        by: Type.Literal('column'),
        column: NameSchema,
        validation: ValuesSchema,
        test: Type.Optional(ValuesSchema),
      }),
      closed({
        by: Type.Literal('time'),
        column: NameSchema,
        validation: ShareSchema,
        test: Type.Optional(ShareSchema),
      }),
      closed({ by: Type.Literal('file') }),
    ],
    {
      description:
        "Which rows train, validate and test. share: by the job's validationSplit; column: by the values of a column; time: in the order of a column, the last shares validate and test; file: by the file that the rows came in.",
    },
  ),
);

export const DataWarningSchema = schemaOf<DataWarning>()(
  Type.Object({
    code: Type.Enum([...WARNING_CODES]),
    column: Type.Optional(Type.String()),
    message: Type.String(),
  }),
);
