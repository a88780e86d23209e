import { ask } from '../commands/http-client.ts';
import type { HubAddress } from '../commands/hub-address.ts';

const MAX_KNOWN = 10_000;

/** Units by domain and metric, asked of the hub the first time one is met; a later definition replaces it. */
export class Units {
  readonly #address: HubAddress;
  readonly #known = new Map<string, Promise<string | null>>();

  constructor(address: HubAddress) {
    this.#address = address;
  }

  /** @returns null for a metric without one, or while the hub can't be asked */
  of(domain: string, metric: string): Promise<string | null> {
    const key = keyOf(domain, metric);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asked = this.#ask(domain, metric).catch(() => {
      // A unit is not worth losing readings for; it is asked again with the next one.
      this.#known.delete(key);
      return null;
    });
    if (this.#known.size < MAX_KNOWN) this.#known.set(key, asked);
    return asked;
  }

  define(
    definitions: readonly { readonly domain: string; readonly metric: string; readonly unit?: string | null }[],
  ): void {
    for (const { domain, metric, unit } of definitions)
      this.#known.set(keyOf(domain, metric), Promise.resolve(unit ?? null));
  }

  async #ask(domain: string, metric: string): Promise<string | null> {
    const asked = new URLSearchParams({ domain, metric, limit: '1' });
    const signal = AbortSignal.timeout(2_000);
    const { items } = (await (await ask(this.#address, `/api/v1/series?${asked.toString()}`, { signal })).json()) as {
      items: { unit: string | null }[];
    };
    // The store may not have come to its first reading yet.
    if (items[0] === undefined) throw new Error(`No series of ${domain} ${metric} yet.`);
    return items[0].unit;
  }
}

function keyOf(domain: string, metric: string): string {
  return `${domain}\n${metric}`;
}
