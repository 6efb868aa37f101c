/** From the body of an upload to data that can be trained on, or to a list of every wrong place in it. */
import type { ErrorDetail } from '../errors.ts';
import { UploadSchema } from '../schemas/answers.ts';
import type { InlineData } from '../schemas/job.ts';
import { isObject, Problems, readValue } from './read-value.ts';
import { readInlineData } from './read-dataset.ts';

export type ResolvedUpload = { name: string | null; data: InlineData } | { details: ErrorDetail[] };

const FrameSchema = { ...UploadSchema, properties: { name: UploadSchema.properties.name }, required: [] };

export function readUpload(body: unknown): ResolvedUpload {
  const problems = new Problems(UploadSchema);
  if (!isObject(body)) {
    problems.mismatch('', 'a JSON object', body);
    return { details: problems.details };
  }
  const { inputs, targets, task, ...rest } = body;
  const frame = readValue(FrameSchema, rest, '', problems) as { name?: string };
  const data = readInlineData({ inputs, targets, task }, '', problems);
  return data && problems.count === 0 ? { name: frame.name ?? null, data } : { details: problems.details };
}
