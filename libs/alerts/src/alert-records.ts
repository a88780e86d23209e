import { formatRfc3339 } from '@seawall/calendar';
import type { AlertState } from '@seawall/model';
import type { AcknowledgementRequest } from '@seawall/ports';
import type { AlertPhase } from './alert-state-machine.ts';
import type { AlertWriter, Decision, Episode } from './alert-writer.ts';

/** What is kept of a group, at least. Immutable, so that a saved state stays as it was. */
export interface AlertRecord {
  readonly phase: AlertPhase;
  readonly episode: Episode | null;
}

/** The records of one rule version, a group each. */
export class AlertRecords<R extends AlertRecord> {
  readonly #records: Map<string, R>;
  readonly #writer: AlertWriter;
  /** The groups that have an alert: ticks look at these alone. */
  readonly #active = new Set<string>();
  #begun = 0;

  constructor(writer: AlertWriter, saved: Iterable<readonly [group: string, record: R]>) {
    this.#writer = writer;
    this.#records = new Map(saved);
    for (const [group, { episode }] of this.#records) if (episode !== null) this.#active.add(group);
  }

  /** How many alerts have begun since it was made; changes whenever another group has one. */
  get begun(): number {
    return this.#begun;
  }

  get(group: string): R | undefined {
    return this.#records.get(group);
  }

  set(group: string, record: R): void {
    this.#records.set(group, record);
    if (record.episode === null) this.#active.delete(group);
    else if (!this.#active.has(group)) {
      this.#active.add(group);
      this.#begun++;
    }
  }

  /** The groups that have an alert. */
  groups(): ReadonlySet<string> {
    return this.#active;
  }

  /** Those that have an alert. */
  *active(): Generator<readonly [group: string, record: R, episode: Episode]> {
    for (const group of this.#active) {
      const record = this.#records.get(group)!;
      yield [group, record, record.episode!];
    }
  }

  count(state: AlertState): number {
    let count = 0;
    for (const group of this.#active) if (this.#records.get(group)!.phase.state === state) count++;
    return count;
  }

  /** Acknowledges the firing alert of that id, should it be one of these. */
  acknowledge({ alertId, by, comment }: AcknowledgementRequest, stamp: number): Decision | null {
    for (const [group, record, episode] of this.active()) {
      if (episode.alert.id !== alertId) continue;
      const { state } = record.phase;
      if (state !== 'firing') return null;
      const ack = { by, at: formatRfc3339(stamp), comment };
      const because = `acknowledged by ${by}`;
      const changed = this.#writer.change(episode, { from: state, to: state, because, stamp, at: stamp, ack });
      this.set(group, { ...record, episode: changed.episode });
      return changed.decision;
    }
    return null;
  }

  /** Records are never changed, so a copy of the list is a copy of all. */
  save(): readonly (readonly [group: string, record: R])[] {
    return [...this.#records];
  }
}
