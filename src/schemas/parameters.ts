/** Parameters that several routes share. Numbers are as wide as the columns with which they are compared. */
import { Type } from 'typebox';
import { LARGEST_INTEGER } from '../vocabulary/index.ts';

/** Of a column with 32 bits. */
const integer = (minimum: number) => Type.Integer({ minimum, maximum: LARGEST_INTEGER });

/** A step of a run. */
export const Step = integer(0);
/** The number of a message in the log of a run; 0: before the first. */
export const Seq = integer(0);
/** The position of a neuron in its layer. */
export const NeuronIndex = integer(0);
/** The version of an uploaded data set. */
export const DatasetVersion = integer(1);

/** The page after another one. Its text is checked where it is decoded. */
export const Cursor = Type.String({ maxLength: 1000, description: 'The `nextCursor` of the previous page.' });

/** How many items a page has at most. The route fills in the usual number, because a table has no pages. */
export const pageLimit = (most: number, usual: number) =>
  Type.Integer({ minimum: 1, maximum: most, description: `Of a page. Default: ${usual}.` });
