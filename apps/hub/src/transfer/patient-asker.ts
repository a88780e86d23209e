import { HubUnreachableError } from '@seawall/devices-sim/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubAddress } from '../commands/hub-address.ts';
import { ask, HubBusyError } from '../commands/http-client.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const PATIENCE_MS = 120_000;

/**
 * The hub's answer as JSON. A hub that is away or busy is asked again for two minutes, once it has answered before.
 * @throws as `ask`; the signal's reason
 */
export class PatientAsker {
  readonly #address: HubAddress;
  readonly #signal: AbortSignal;
  #reached = false;

  constructor(address: HubAddress, signal: AbortSignal) {
    this.#address = address;
    this.#signal = signal;
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>(path, {});
  }

  post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    return this.#ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async text(path: string): Promise<string> {
    return this.#patiently(async () => (await ask(this.#address, path, { signal: this.#signal })).text());
  }

  #ask<T>(path: string, init: RequestInit): Promise<T> {
    return this.#patiently(async () => {
      const response = await ask(this.#address, path, { ...init, signal: this.#signal });
      return (await whole(response, this.#address.url)) as T;
    });
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let waited = 0, wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const answer = await attempt();
        this.#reached = true;
        return answer;
      } catch (error) {
        this.#signal.throwIfAborted();
        const passes = error instanceof HubBusyError || (this.#reached && error instanceof HubUnreachableError);
        if (!passes || waited + wait > PATIENCE_MS) throw error;
      }
      await sleep(wait, undefined, { signal: this.#signal });
      waited += wait;
    }
  }
}

/** An answer that broke off is none. */
async function whole(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new HubUnreachableError(`the answer of ${url} broke off.`, { cause });
  }
}
