import type { DeviceEntry } from './device-entry.ts';

const WINDOW_MS = 6 * 3_600_000;

interface Budget {
  left: number;
  /** When `left` was right, epoch ms. */
  at: number;
}

/**
 * How often a device's labels may be replaced. Each replacement makes its history longer and goes into the log with it,
 * so a tag that changes with every line must not go on for ever.
 */
export class LabelChurn {
  readonly #budgets = new WeakMap<DeviceEntry, Budget>();
  readonly #max: number;

  /** @param max replacements of one device within six hours, all of which may come at once */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * @param count replacements; more than may ever come at once are as many as may
   * @param now epoch ms
   * @returns whether there is room for them, which is then taken
   */
  spend(device: DeviceEntry, count: number, now: number): boolean {
    const budget = this.#budgets.get(device) ?? { left: this.#max, at: now };
    const regained = (Math.max(0, now - budget.at) * this.#max) / WINDOW_MS;
    budget.left = Math.min(this.#max, budget.left + regained);
    budget.at = now;
    this.#budgets.set(device, budget);
    const cost = Math.min(count, this.#max);
    if (budget.left < cost) return false;
    budget.left -= cost;
    return true;
  }
}
