/** What the form offers, with its defaults and limits, straight from the vocabulary. */
import {
  ACTIVATION_OPTIONS,
  DEFAULT_OPTIMIZER,
  DEFAULT_SCHEDULE,
  ENGINES,
  INITIALIZER_OPTIONS,
  JOB_OPTIONS,
  LAYER_OPTIONS,
  LAYER_TYPES,
  LOSSES,
  MODEL_FORMATS,
  NEURON_STATES,
  NORMALIZATIONS,
  OPTIMIZER_OPTIONS,
  OUTPUT_ACTIVATIONS,
  RUN_STATUSES,
  SCHEDULE_OPTIONS,
  SPLIT_OPTIONS,
  STOPPING_OPTIONS,
  SYNTHETIC_OPTIONS,
  TELEMETRY_OPTIONS,
  TARGET_NORMALIZATIONS,
  TRAINING_OPTIONS,
} from '../../vocabulary/index.ts';

export { DEFAULT_OUTPUT, isFinal, type OptionSchema } from '../../vocabulary/index.ts';

export const vocabulary = {
  activations: ACTIVATION_OPTIONS,
  initializers: INITIALIZER_OPTIONS,
  optimizers: OPTIMIZER_OPTIONS,
  schedules: SCHEDULE_OPTIONS,
  layers: LAYER_OPTIONS,
  layerTypes: LAYER_TYPES,
  outputActivations: OUTPUT_ACTIVATIONS,
  losses: LOSSES,
  normalizations: NORMALIZATIONS,
  targetNormalizations: TARGET_NORMALIZATIONS,
  engines: ENGINES,
  statuses: RUN_STATUSES,
  modelFormats: MODEL_FORMATS,
  neuronStates: NEURON_STATES,
  /** Options of the parts of a job, by their names there. */
  options: {
    job: JOB_OPTIONS,
    dataset: { ...SPLIT_OPTIONS, ...SYNTHETIC_OPTIONS },
    training: TRAINING_OPTIONS,
    stopping: STOPPING_OPTIONS,
    telemetry: TELEMETRY_OPTIONS,
  },
  /** The default choices. */
  defaults: { optimizer: DEFAULT_OPTIMIZER, schedule: DEFAULT_SCHEDULE },
} as const;
