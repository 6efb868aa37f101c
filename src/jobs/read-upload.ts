/** Turns the body of an upload into data that can be trained on, or into a list of its invalid fields. */
import type { ErrorDetail } from '../errors.ts';
import { UploadSchema } from '../schemas/dataset.ts';
import type { InlineData } from '../vocabulary/index.ts';
import { readInlineData, type Rows } from './inline-data.ts';
import { Problems } from './problems.ts';
import { readValue } from './read-value.ts';
import { ANYTHING, isObject } from './schema-node.ts';

export type ResolvedUpload = { name: string | null; data: InlineData } | { details: ErrorDetail[] };

/** The rows are checked in a separate pass, not value by value through a schema. */
const FrameSchema = {
  ...UploadSchema,
  properties: { ...UploadSchema.properties, inputs: ANYTHING, targets: ANYTHING, task: ANYTHING },
  required: [],
};

export function readUpload(body: unknown): ResolvedUpload {
  const problems = new Problems(UploadSchema);
  if (!isObject(body)) {
    problems.mismatch('', 'a JSON object', body);
    return { details: problems.details };
  }
  const { name, ...rows } = readValue(FrameSchema, body, '', problems) as { name?: string } & Rows;
  const data = readInlineData(rows, '', problems);
  return data && problems.count === 0 ? { name: name ?? null, data } : { details: problems.details };
}
