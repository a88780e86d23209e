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

  constructor(writer: AlertWriter, saved: Iterable<readonly [group: string, record: R]>) {
    this.#writer = writer;
    this.#records = new Map(saved);
  }

  get(group: string): R | undefined {
    return this.#records.get(group);
  }

  set(group: string, record: R): void {
    this.#records.set(group, record);
  }

  /** Those that have an alert. */
  *active(): Generator<readonly [group: string, record: R, episode: Episode]> {
    for (const [group, record] of this.#records) {
      if (record.episode !== null) yield [group, record, record.episode];
    }
  }

  count(state: AlertState): number {
    let count = 0;
    for (const { phase } of this.#records.values()) if (phase.state === state) count++;
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
      this.#records.set(group, { ...record, episode: changed.episode });
      return changed.decision;
    }
    return null;
  }

  /** Records are never changed, so a copy of the list is a copy of all. */
  save(): readonly (readonly [group: string, record: R])[] {
    return [...this.#records];
  }
}
