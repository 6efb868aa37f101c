import type { FilledChoice, GivenChoice, Options } from './options.ts';

export const INITIALIZER_OPTIONS = {
  heNormal: {},
  heUniform: {},
  glorotNormal: {},
  glorotUniform: {},
  lecunNormal: {},
  lecunUniform: {},
  orthogonal: { gain: { type: 'number', default: 1, description: 'Factor of the orthogonal matrix.' } },
  randomizedAsymmetric: {},
  zeros: {},
  ones: {},
  constant: { value: { type: 'number' } },
  randomNormal: {
    mean: { type: 'number', default: 0 },
    stddev: { type: 'number', minimum: 0, default: 0.05 },
  },
  randomUniform: {
    minval: { type: 'number', default: -0.05 },
    maxval: { type: 'number', default: 0.05 },
  },
} as const satisfies Record<string, Options>;

export type InitializerName = keyof typeof INITIALIZER_OPTIONS;

export type InitializerChoice = GivenChoice<typeof INITIALIZER_OPTIONS>;
/** An initializer with its options filled in. */
export type Initializer<Name extends InitializerName = InitializerName> = FilledChoice<
  typeof INITIALIZER_OPTIONS,
  Name
>;
