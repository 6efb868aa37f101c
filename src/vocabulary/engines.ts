export const ENGINES = ['onnx', 'hybrid', 'wasm', 'tensorflow'] as const;
export type EngineName = (typeof ENGINES)[number];

export const ENGINE_CHOICES = ['auto', ...ENGINES] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

export interface EngineInfo {
  name: EngineName;
  version: string;
  /** What computes: onnxruntime; simd or relaxed-simd (with fused multiply-add); tensorflow (tfjs-node), wasm or cpu. */
  backend: string;
}

/** The engine of a run; `reason` says why it was chosen. Runs of older versions have none. */
export interface RunEngine extends EngineInfo {
  reason?: string;
  /** That share the work of a step. */
  threads?: number;
}

/** An engine on this machine; `reason` says why it is not available. */
export interface EngineListing extends EngineInfo {
  available: boolean;
  reason: string | null;
}
