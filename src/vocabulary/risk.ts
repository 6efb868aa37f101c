/**
 * How likely neurons are to be dead before training: a Monte Carlo estimate over initial weights, with a sample of the
 * real inputs.
 */
export interface Risk {
  /** Some hidden layer has the same output for every sample; `interval` is the 95 % interval of the simulation. */
  bornDead: { probability: number; interval: [low: number, high: number] };
  layers: { name: string; units: number; expectedDead: number }[];
  /** How many sets of initial weights were drawn. */
  draws: number;
  /** How many inputs each set was tried on. */
  samples: number;
  /** Published bounds of the probability, if their assumptions hold. */
  published: { lower: number | null; upper: number; source: string } | null;
}
