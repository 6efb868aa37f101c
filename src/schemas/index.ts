export * from './job.ts';
export * from './datasets.ts';
export * from './run.ts';
export * from './stream.ts';
export * from './checkpoint.ts';
export * from './neurons.ts';
export * from './thread.ts';
export * from './answers.ts';
