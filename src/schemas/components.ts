/** Schemas that many answers share: the OpenAPI document writes each of them out once, and refers to it by its name. */
import { Type, type Static } from 'typebox';
import { ErrorAnswerSchema } from './answers.ts';
import { DatasetInfoSchema, UnreadDatasetSchema } from './dataset.ts';
import { RunSchema } from './run.ts';
import { TrialsSchema } from './trials.ts';

export const COMPONENTS = {
  Run: RunSchema,
  Dataset: DatasetInfoSchema,
  UnreadDataset: UnreadDatasetSchema,
  Trials: TrialsSchema,
  Error: ErrorAnswerSchema,
};

const referTo = <Name extends keyof typeof COMPONENTS>(name: Name) =>
  Type.Unsafe<Static<(typeof COMPONENTS)[Name]>>({ $ref: `${name}#` });

export const RunRef = referTo('Run');
export const DatasetRef = referTo('Dataset');
export const UnreadDatasetRef = referTo('UnreadDataset');
export const TrialsRef = referTo('Trials');
export const ErrorRef = referTo('Error');
