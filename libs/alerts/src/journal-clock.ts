import type { EntryKind } from '@seawall/ports';

export interface JournalClockState {
  now: number;
  lastStamp: number | null;
  stopped: boolean;
  /** How often a tick comes, in ms, as the last `hub-start` says. Logs and states of before say nothing. */
  tickMs?: number | undefined;
  /** Of the last tick or `hub-start`: its stamp, and what the clock showed. */
  ticked?: { readonly stamp: number; readonly now: number };
}

/** So many ticks may be late, or lost on a disk that is slow for a while; without more than these the hub stood still. */
const LOST_TICKS = 5;

/**
 * Runs with the journal's stamps while the hub runs, and stands while it is down: from `hub-stop`, or the last entry
 * before a crash, to `hub-start`. Where ticks stop coming it stands as well: the hub stood still (a disk without room, a
 * machine that slept), or the machine's clock was set. So nobody becomes idle through the hub's own fault.
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

  /** As a `hub-start` says that has been seen; as long as none says it, ticks may come as they like. */
  tickEvery(tickMs: number | undefined): void {
    this.#state.tickMs = tickMs;
  }

  /** @param stamp epoch ms @returns whether this is the first tick after the hub stood still */
  see(kind: EntryKind, stamp: number): boolean {
    const state = this.#state;
    const { tickMs = Infinity, ticked = { stamp, now: state.now } } = state;
    const spared = LOST_TICKS * tickMs;
    const down = state.stopped || kind === 'hub-start';
    if (!down && state.lastStamp !== null) {
      state.now = Math.min(state.now + stamp - state.lastStamp, ticked.now + spared);
    }
    state.lastStamp = stamp;
    state.stopped = kind === 'hub-stop' || (state.stopped && kind !== 'hub-start');
    if (kind === 'tick' || kind === 'hub-start') state.ticked = { stamp, now: state.now };
    return !down && kind === 'tick' && stamp - ticked.stamp > spared;
  }

  save(): JournalClockState {
    return { ...this.#state };
  }
}
