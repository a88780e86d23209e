import { secondOf, SecondWheel } from './second-wheel.ts';

/** Something that is looked at when the clock comes to it. */
export interface Sleeper {
  /** The running clock at which it is to be looked at, ms; Infinity while it need not be. */
  wakeAt: number;
}

/** Who is to be looked at when. Whoever wakes may do so up to a second early, never late. */
export class WakeWheel<T extends Sleeper> {
  readonly #wheel = new SecondWheel<T>();

  /** To wake at `clock`; what it was to wake at before counts no more. */
  add(sleeper: T, clock: number): void {
    sleeper.wakeAt = clock;
    if (clock !== Infinity) this.#wheel.add(secondOf(clock), sleeper);
  }

  /** Whether a tick wakes nobody. @param clock running clock, ms */
  rests(clock: number): boolean {
    return this.#wheel.rests(secondOf(clock));
  }

  /** Takes out who has come due, each once. @param clock running clock, ms; never less than before */
  take(clock: number): T[] {
    const now = secondOf(clock);
    return this.#wheel.take(now).filter((sleeper) => this.#wakes(sleeper, now));
  }

  /** One that has been given another time since sleeps on; its new time has an entry of its own. */
  #wakes(sleeper: T, now: number): boolean {
    if (secondOf(sleeper.wakeAt) > now) return false;
    sleeper.wakeAt = Infinity;
    return true;
  }
}
