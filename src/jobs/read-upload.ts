/** A data set that was uploaded as JSON. */
import type { ErrorDetail } from '../errors.ts';
import { UploadSchema } from '../schemas/dataset.ts';
import type { InlineData } from '../vocabulary/index.ts';
import { readInlineData, type Rows } from './inline-data.ts';
import { shapeOfInline } from './dataset-shape.ts';
import { brief, Problems } from './problems.ts';
import { readValue } from './read-value.ts';
import { ANYTHING, isObject } from './schema-node.ts';

interface Names {
  featureNames?: string[];
  classNames?: string[];
}
export type ResolvedUpload =
  ({ name: string | null; project?: string | undefined; data: InlineData } & Names) | { details: ErrorDetail[] };

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
  const { name, project, featureNames, classNames, ...rows } = readValue(FrameSchema, body, '', problems) as {
    name?: string;
    project?: string;
  } & Names &
    Rows;
  const data = readInlineData(rows, '', problems);
  if (data) checkNames(data, { ...(featureNames && { featureNames }), ...(classNames && { classNames }) }, problems);
  if (!data || problems.count > 0) return { details: problems.details };
  return {
    name: name ?? null,
    project,
    data,
    ...(featureNames && { featureNames }),
    ...(classNames && { classNames }),
  };
}

function checkNames(data: InlineData, { featureNames, classNames }: Names, problems: Problems): void {
  const features = data.inputs[0]?.length ?? 0;
  if (featureNames) {
    checkCount('featureNames', featureNames, features, 'columns of inputs', problems);
    checkUnique('featureNames', featureNames, [], problems);
  }
  if (!classNames) return;
  if (data.task === 'regression') {
    problems.add('classNames', 'is for classes and labels, and the task is regression');
    return;
  }
  const { outputs } = shapeOfInline(data);
  checkCount('classNames', classNames, outputs, data.task === 'classification' ? 'classes' : 'labels', problems);
  checkUnique('classNames', classNames, data.task === 'multilabel' ? (featureNames ?? []) : [], problems);
}

function checkCount(path: string, names: string[], expected: number, what: string, problems: Problems): void {
  if (names.length !== expected)
    problems.add(path, `has ${names.length} names for ${expected} ${what}`, `${expected} names`);
}

function checkUnique(path: string, names: string[], others: readonly string[], problems: Problems): void {
  const seen = new Set(others);
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) problems.add(`${path}[${index}]`, `is there twice: ${brief(name)}`);
    seen.add(name);
  }
}
