/**
 * Spreads work over turns of the event loop, so that none is long however many sockets there are. Groups take turns (the
 * runs), and so do the members of a group (the readers of a run).
 */

/** A turn ends after this, or after one member that takes longer. Other work of the process comes between two turns. */
const TURN_MS = 8;
/** Members of one group before the next group has its turn. */
const IN_A_ROW = 32;

export interface Member {
  /** A little work. A member with more to do adds itself again. */
  turn(): void;
}

export class Turns<Group> {
  /** In the order in which they are served. */
  readonly #groups = new Map<Group, Member[]>();
  #isScheduled = false;

  /** Once until its turn; the caller takes care of that. */
  add(group: Group, member: Member): void {
    const members = this.#groups.get(group);
    if (members) members.push(member);
    else this.#groups.set(group, [member]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#serve();
    });
  }

  #serve(): void {
    const endsAt = performance.now() + TURN_MS;
    while (performance.now() < endsAt) {
      const next = this.#groups.entries().next();
      if (next.done) return;
      const [group, members] = next.value;
      let served = 0;
      // Whoever adds itself in its turn is behind those who wait.
      while (served < members.length && served < IN_A_ROW && performance.now() < endsAt) members[served++]!.turn();
      members.splice(0, served);
      this.#groups.delete(group);
      if (members.length > 0) this.#groups.set(group, members);
    }
    if (this.#groups.size > 0) this.#schedule();
  }
}
