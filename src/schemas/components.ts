/** Schemas that many answers share: the OpenAPI document writes each of them out once, and refers to it by its name. */
import { Type, type Static } from 'typebox';
import type { JobSpec } from '../vocabulary/index.ts';
import { ErrorAnswerSchema, ValidationAnswerSchema } from './answers.ts';
import { DatasetInfoSchema, UnreadDatasetSchema } from './dataset.ts';
import { JobSpecSchema } from './job.ts';
import { RunSchema } from './run.ts';
import { TrialsSchema } from './trials.ts';

/** What Run and Validation have in common. The schemas themselves have it whole, since they also check values. */
const jobSpec = Type.Unsafe<JobSpec>({ $ref: 'JobSpec#' });

export const COMPONENTS = {
  JobSpec: JobSpecSchema,
  Run: Type.Object({ ...RunSchema.properties, spec: jobSpec }),
  Dataset: DatasetInfoSchema,
  UnreadDataset: UnreadDatasetSchema,
  Trials: TrialsSchema,
  Validation: Type.Object({ ...ValidationAnswerSchema.properties, spec: jobSpec }),
  Error: ErrorAnswerSchema,
};

const referTo = <Name extends keyof typeof COMPONENTS>(name: Name) =>
  Type.Unsafe<Static<(typeof COMPONENTS)[Name]>>({ $ref: `${name}#` });

export const RunRef = referTo('Run');
export const DatasetRef = referTo('Dataset');
export const UnreadDatasetRef = referTo('UnreadDataset');
export const TrialsRef = referTo('Trials');
export const ValidationRef = referTo('Validation');
export const ErrorRef = referTo('Error');
