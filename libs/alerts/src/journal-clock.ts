import type { EntryKind } from '@seawall/ports';

export interface JournalClockState {
  now: number;
  lastStamp: number | null;
  stopped: boolean;
}

/**
 * Runs with the journal's stamps while the hub runs, and stands while it is down: from `hub-stop`, or the last entry
 * before a crash, to `hub-start`. So nobody becomes idle through the hub's own fault.
 */
export class JournalClock {
  readonly #state: JournalClockState;

  constructor(saved: JournalClockState = { now: 0, lastStamp: null, stopped: false }) {
    this.#state = { ...saved };
  }

  /** Milliseconds the hub has run, as of the entry last seen. */
  get now(): number {
    return this.#state.now;
  }

  /** @param stamp epoch ms */
  see(kind: EntryKind, stamp: number): void {
    const state = this.#state;
    const down = state.stopped || kind === 'hub-start';
    if (!down && state.lastStamp !== null) state.now += stamp - state.lastStamp;
    state.lastStamp = stamp;
    state.stopped = kind === 'hub-stop' || (state.stopped && kind !== 'hub-start');
  }

  save(): JournalClockState {
    return { ...this.#state };
  }
}
