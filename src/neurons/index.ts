export { judge, type JudgeInput } from './verdict/judge.ts';
export { estimate } from './verdict/estimate.ts';
export { lifeEvents } from './verdict/life.ts';
export { isToldByFiring } from './verdict/state.ts';
export { activityMetrics, activityOf, unknownActivityMetrics, type Activity } from './verdict/activity.ts';
export type { InputBox, RunningCounters } from './verdict/measurements.ts';
export { describeData, type DataColumns, type DataFacts, type DataFigures } from './verdict/data-facts.ts';
export {
  extendWindow,
  gatherEvidence,
  isEvidence,
  openWindow,
  relativeChange,
  weightsNorm,
  type Evidence,
  type TrainingWindow,
} from './verdict/evidence.ts';
export { incomingSquares } from './verdict/squares.ts';
export { layerSizes } from './verdict/layer-sizes.ts';
export { histogramOf } from './verdict/histogram.ts';
export { remedyPatch } from './diagnosis/advice.ts';
export { diagnose } from './diagnosis/diagnose.ts';
export { DIAGNOSED_METRICS } from './diagnosis/run-record.ts';
export { assessRisk, type DrawLayer } from './risk/assess-risk.ts';
