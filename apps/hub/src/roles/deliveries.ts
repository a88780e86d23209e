import type { AlertTransition } from '@seawall/model';
import type { Channel } from '@seawall/ports';

/**
 * Deliveries to every channel. Transitions of one alert, and those under one topic, follow each other in the order given;
 * others go side by side, since each waits for a disk or a network, and hundreds of alerts that come at once must not
 * wait for each other.
 */
export class Deliveries {
  readonly #channels: readonly Channel[];
  /** By what must follow each other: the last one, until it has succeeded. */
  readonly #ends = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(channels: readonly Channel[]) {
    this.#channels = channels;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Begins at once. Resolves when all of these are delivered. @throws a failure; what must follow it is not delivered */
  async deliver(transitions: readonly AlertTransition[]): Promise<void> {
    await Promise.all(transitions.map((transition) => this.#begin(transition)));
  }

  /** Resolves when nothing that has begun is under way any more, whether it succeeded or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #begin(transition: AlertTransition): Promise<void> {
    const names = orderedBy(transition);
    const before = names.flatMap((name) => this.#ends.get(name) ?? []);
    const done = Promise.all(before).then(() => this.#toAll(transition));
    for (const name of names) this.#ends.set(name, done);
    this.#underWay.add(done);
    const over = () => this.#underWay.delete(done);
    const succeeded = () => {
      over();
      for (const name of names) if (this.#ends.get(name) === done) this.#ends.delete(name);
    };
    done.then(succeeded, over);
    return done;
  }

  async #toAll(transition: AlertTransition): Promise<void> {
    for (const channel of this.#channels) await channel.deliver(transition);
  }
}

/** An alert is the same under its key in every episode; the levels make its topic, which another alert may share. */
function orderedBy({ alert, levels }: AlertTransition): readonly [string, string] {
  return [alert.key, JSON.stringify([alert.severity, levels.domain, levels.district, alert.rule, levels.subject])];
}
