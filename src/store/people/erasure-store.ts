export interface ErasureStore {
  /** Everything that is kept about a person, with the `type` of each; nothing if there is no such person. */
  export(id: string): AsyncIterable<Record<string, unknown>>;
  /**
   * Removes the person with sessions, keys, memberships and invitations, and takes the name out of the audit log. Runs, data
   * sets, views and comments stay, made by nobody. `lastOwner`: without this one there would be no owner.
   */
  erase(id: string): Promise<'erased' | 'unknown' | 'lastOwner'>;
}
