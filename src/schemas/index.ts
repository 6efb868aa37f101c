/**
 * The vocabulary as schemas of requests and answers, and the messages between threads.
 */
export * from './answers.ts';
export * from './archives.ts';
export * from './audit.ts';
export * from './blob.ts';
export * from './checkpoint.ts';
export * from './columns.ts';
export * from './components.ts';
export * from './dataset.ts';
export * from './dataset-changes.ts';
export * from './diagnosis.ts';
export * from './evaluation.ts';
export * from './histograms.ts';
export * from './job.ts';
export * from './launch.ts';
export * from './model.ts';
export * from './neurons.ts';
export * from './packed-neurons.ts';
export * from './parameters.ts';
export * from './people.ts';
export * from './projects.ts';
export * from './reading.ts';
export * from './run.ts';
export * from './run-groups.ts';
export * from './samples.ts';
export * from './sharing.ts';
export * from './stream.ts';
export * from './table.ts';
export * from './thread.ts';
export * from './training.ts';
export * from './training-data.ts';
export * from './trials.ts';
export * from './view.ts';
export * from './webhooks.ts';
