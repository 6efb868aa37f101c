/**
 * Reads what clients send: turns a body into a job with every default filled in, or into a list of its invalid fields.
 */
export { checkNeuron } from './check-neuron.ts';
export { countParts, inlineDataOf, shapeOf, storedShape, type DatasetShape } from './dataset-shape.ts';
export { checkInlineData, packInlineData } from './inline-data.ts';
export { forkedJob, readFork, weightsOf } from './read-fork.ts';
export { datasetRefOf, parentIdOf, projectOf, readJob, type ResolvedJob } from './read-job.ts';
export { readUpload } from './read-upload.ts';
export { brief, nameFirst, Problems } from './problems.ts';
export { readValue } from './read-value.ts';
export { findWarnings } from './recipes/data-warnings.ts';
export type { RecipeWishes } from './recipes/guess-recipe.ts';
export { readRecipePatch, readWishes } from './recipes/read-recipe.ts';
export { isObject } from './schema-node.ts';
