/**
 * The vocabulary of the service: every closed list, every default and limit, and the types of what is sent over the
 * network.
 */
export * from './activations.ts';
export * from './answers.ts';
export * from './archives.ts';
export * from './built-in-datasets.ts';
export * from './change-words.ts';
export * from './changes.ts';
export * from './columns.ts';
export * from './dataset.ts';
export * from './diagnosis.ts';
export * from './diagnosis-words.ts';
export * from './engines.ts';
export * from './errors.ts';
export * from './evaluation.ts';
export * from './exports.ts';
export * from './filter.ts';
export * from './histograms.ts';
export * from './initializers.ts';
export * from './job.ts';
export * from './limits.ts';
export * from './merge-patch.ts';
export * from './metrics.ts';
export * from './model-files.ts';
export * from './model.ts';
export * from './neurons.ts';
export * from './optimizers.ts';
export * from './options.ts';
export * from './people.ts';
export * from './preparation.ts';
export * from './risk.ts';
export * from './run.ts';
export * from './run-fields.ts';
export * from './samples.ts';
export * from './run-groups.ts';
export * from './schedules.ts';
export * from './smoothing.ts';
export * from './snapshot.ts';
export * from './stream.ts';
export * from './summary-words.ts';
export * from './training.ts';
export * from './trials.ts';
export * from './view.ts';
export * from './trials-words.ts';
