/** What a job can be made of, as vite.config.ts read it from the job's schema at build time. */
import type {
  ActivationName,
  InitializerName,
  LayerType,
  LossName,
  Normalization,
  OptimizerName,
  RunStatus,
  ScheduleName,
} from '../../schemas/index.ts';

/** One option of an activation, initializer, optimizer or schedule, as JSON Schema says it. */
export interface OptionSchema {
  type: string;
  default?: number | boolean;
  minimum?: number;
  maximum?: number;
  description?: string;
}
type Options = Record<string, OptionSchema>;

export interface Vocabulary {
  activations: Record<ActivationName, Options>;
  initializers: Record<InitializerName, Options>;
  optimizers: Record<OptimizerName, Options>;
  schedules: Record<ScheduleName, Options>;
  layerTypes: LayerType[];
  losses: LossName[];
  normalizations: Normalization[];
  engines: string[];
  statuses: RunStatus[];
  limits: Record<string, number>;
}

declare const __VOCABULARY__: Vocabulary;
export const vocabulary = __VOCABULARY__;

const FINAL: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled']);
export const isFinal = (status: RunStatus): boolean => FINAL.has(status);
