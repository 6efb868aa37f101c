/**
 * Reading what clients send: from a body to a job with every default filled in, or to a list of every wrong place in
 * it.
 */
export { checkInlineData, packInlineData } from './inline-data.ts';
export { mergePatch } from './merge-patch.ts';
export { datasetIdOf, readJob, type ReadJobOptions, type ResolvedJob } from './read-job.ts';
export { readUpload, type ResolvedUpload } from './read-upload.ts';
export { brief, isObject, Problems, readValue } from './read-value.ts';
