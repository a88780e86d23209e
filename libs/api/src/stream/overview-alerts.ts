import type { Alert, Severity } from '@seawall/model';
import { SEVERITIES } from '@seawall/model';
import type { EntryOf } from '@seawall/ports';

/** Alerts in one event, and those held, at most; the counts go by those held. */
const MAX_TOLD = 500;
const MAX_HELD = 5000;

interface Held {
  readonly alert: Alert;
  version: number;
}

/** The alerts that fire, and for a while those that resolved, so that every client hears of it. */
export class OverviewAlerts {
  readonly #held = new Map<string, Held>();
  complete = true;

  /** What the registry knew at the start. */
  load(alert: Alert): void {
    this.#hold(alert);
  }

  apply({ payload: { to, alert } }: EntryOf<'transition'>): void {
    if (to === 'firing' || (to === 'resolved' && this.#held.has(alert.id))) this.#hold(alert);
  }

  /** @param reach versions for which a resolved alert is still told */
  settle(version: number, reach: number): void {
    for (const [id, held] of this.#held) {
      held.version = Math.min(held.version, version);
      if (held.alert.state === 'resolved' && held.version < version - reach) this.#held.delete(id);
    }
  }

  /** How many fire, and which changed after the version, most severe first. Nothing before a version has resolved. */
  since(version: number) {
    const all = [...this.#held.values()];
    const firing = all.filter(({ alert }) => alert.state === 'firing');
    const count = (severity: Severity) => firing.filter(({ alert }) => alert.severity === severity).length;
    const told = (version === 0 ? firing : all.filter((held) => held.version > version)).map(({ alert }) => alert);
    return {
      active: Object.fromEntries(SEVERITIES.map((severity) => [severity, count(severity)])),
      changed: told.sort(bySeverity).slice(0, MAX_TOLD),
    };
  }

  #hold(alert: Alert): void {
    const known = this.#held.get(alert.id);
    if (known !== undefined && known.alert.revision > alert.revision) return;
    if (known === undefined && this.#held.size >= MAX_HELD) {
      this.complete = false;
      return;
    }
    this.#held.set(alert.id, { alert, version: Infinity });
  }
}

function bySeverity(a: Alert, b: Alert): number {
  const order = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  return order !== 0 ? order : a.startsAt < b.startsAt ? 1 : -1;
}
