export const ENGINES = ['onnx', 'hybrid', 'tensorflow'] as const;
export type EngineName = (typeof ENGINES)[number];

export const ENGINE_CHOICES = ['auto', ...ENGINES] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

export interface EngineInfo {
  name: EngineName;
  version: string;
  /** What computes: cpu, wasm, tensorflow (tfjs-node) or onnxruntime. */
  backend: string;
}

/** An engine on this machine; `reason` says why it is not available. */
export interface EngineListing extends EngineInfo {
  available: boolean;
  reason: string | null;
}
