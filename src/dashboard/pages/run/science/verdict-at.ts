/** The place of the newest verdict at or before a step, the present being null; -1 if there is none. */
export const verdictAt = (steps: readonly number[], at: number | null): number =>
  at === null ? steps.length - 1 : steps.findLastIndex((step) => step <= at);
