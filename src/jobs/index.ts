/**
 * Reads what clients send: turns a body into a job with every default filled in, or into a list of its invalid fields.
 */
export { checkNeuron } from './check-neuron.ts';
export { shapeOf, shapeOfInline, storedShape, type DatasetShape } from './dataset-shape.ts';
export { isFloat32 } from './float32.ts';
export { checkInlineData, packInlineData, readInlineData } from './inline-data.ts';
export { packUpload, type PackedUpload } from './json-rows.ts';
export { forkedJob, readFork } from './read-fork.ts';
export {
  datasetRefOf,
  keptHashesOf,
  parentIdOf,
  projectOf,
  readJob,
  type JobFaults,
  type ReadJobOptions,
  type ResolvedJob,
} from './read-job.ts';
export { readUpload } from './read-upload.ts';
export { brief, kindAndValue, nameFirst, Problems } from './problems.ts';
export { readValue } from './read-value.ts';
export { findWarnings } from './recipes/data-warnings.ts';
export type { RecipeWishes } from './recipes/guess-recipe.ts';
export { readRecipePatch, readWishes } from './recipes/read-recipe.ts';
export { isObject } from './schema-node.ts';
