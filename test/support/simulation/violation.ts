/** A promise of the service does not hold. */
export class Violation extends Error {}
