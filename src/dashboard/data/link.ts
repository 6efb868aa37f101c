/** Whether a page still hears of its run, and since when not. */
import { signal } from '@preact/signals';

export interface Lost {
  /** Milliseconds since 1970, as everywhere here. */
  since: number;
  /** When the newest data on screen arrived; null: there are none. */
  heardAt: number | null;
}

export class Link {
  readonly isConnected = signal(false);
  /** The service is there, but not its database, so nothing new comes. */
  readonly isAvailable = signal(true);
  readonly lost = signal<Lost | null>(null);
  #heardAt: number | null = null;

  /** The stream is open, or it has closed. */
  set(isConnected: boolean): void {
    this.isConnected.value = isConnected;
    if (isConnected) this.hear();
    else this.lose();
  }

  /** Something has arrived. */
  hear(): void {
    this.#heardAt = Date.now();
    if (this.isConnected.value) this.lost.value = null;
  }

  /** The service does not answer, whatever the stream's state is. */
  lose(): void {
    this.lost.value ??= { since: Date.now(), heardAt: this.#heardAt };
  }

  end(): void {
    this.lost.value = null;
  }
}
