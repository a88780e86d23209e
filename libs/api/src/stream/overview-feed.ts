import type { ApiContext } from '../context.ts';
import type { EventStream } from './event-stream.ts';
import { OverviewRun } from './overview-run.ts';

/** A page that is loaded again finds the overview still there. */
const LINGER_MS = 60_000;

/** The overview for all who watch it: one run, which reads the journal only while somebody does. */
export class OverviewFeed {
  readonly #api: ApiContext;
  #listeners = 0;
  #running: OverviewRun | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(api: ApiContext) {
    this.#api = api;
    api.closing.addEventListener('abort', () => this.#stop());
  }

  /** Sends `hello`, then everything, then what changes, until the signal aborts. A slow client is sent less often. */
  async listen(stream: EventStream, signal: AbortSignal): Promise<void> {
    const { timeZone, version: hub } = this.#api;
    this.#listeners++;
    clearTimeout(this.#lingering);
    try {
      const run = (this.#running ??= this.#start());
      await stream.send({ event: 'hello', data: { timeZone, version: hub } });
      let version = 0;
      for (;;) {
        const state = await run.after(version, signal);
        const data = state.since(version);
        version = state.version;
        await stream.send({ event: 'overview', data });
      }
    } finally {
      if (--this.#listeners === 0) this.#lingering = setTimeout(() => this.#stop(), LINGER_MS).unref();
    }
  }

  #start(): OverviewRun {
    const run = new OverviewRun(this.#api);
    run
      .run()
      .catch((error: unknown) =>
        this.#api.log.warn('The overview stopped; the next client starts it.', { cause: String(error) }),
      )
      .finally(() => {
        if (this.#running === run) this.#running = undefined;
      });
    return run;
  }

  #stop(): void {
    clearTimeout(this.#lingering);
    this.#running?.stop();
    this.#running = undefined;
  }
}
