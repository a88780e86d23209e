import type { OverviewEvent } from './overview.ts';

export interface HubLinkEvents {
  hello(hello: { readonly timeZone: string; readonly version: string }): void;
  overview(event: OverviewEvent): void;
  /** @param since epoch ms of the last sign of life; undefined before the first */
  lost(since: number | undefined): void;
}

const URL = '/api/v1/stream/overview';
/** The hub speaks once a second. */
const SILENCE_MS = 6_000;
const RETRY_MS = 3_000;

/** Follows the hub, and notices when it is gone, also when the network says nothing; tries again for ever. */
export class HubLink {
  readonly #events: HubLinkEvents;
  #source: EventSource | undefined;
  #heardAt: number | undefined;
  #openedAt = 0;
  #retryAt = 0;

  constructor(events: HubLinkEvents) {
    this.#events = events;
    this.#open();
    setInterval(() => this.#watch(), 1000);
  }

  #open(): void {
    this.#source?.close();
    this.#openedAt = Date.now();
    this.#retryAt = Infinity;
    const source = new EventSource(URL);
    this.#source = source;
    source.addEventListener('hello', ({ data }: MessageEvent<string>) => {
      this.#heardAt = Date.now();
      this.#events.hello(JSON.parse(data) as Parameters<HubLinkEvents['hello']>[0]);
    });
    source.addEventListener('overview', ({ data }: MessageEvent<string>) => {
      this.#heardAt = Date.now();
      this.#events.overview(JSON.parse(data) as OverviewEvent);
    });
    source.addEventListener('error', () => {
      source.close();
      this.#retryAt = Date.now() + RETRY_MS;
      this.#events.lost(this.#heardAt);
    });
  }

  #watch(): void {
    const now = Date.now();
    if (now >= this.#retryAt) {
      this.#open();
    } else if (this.#retryAt === Infinity && now - Math.max(this.#heardAt ?? 0, this.#openedAt) > SILENCE_MS) {
      this.#events.lost(this.#heardAt);
      this.#open();
    }
  }
}
