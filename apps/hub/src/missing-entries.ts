import { setTimeout as delay } from 'node:timers/promises';
import {
  cursorSeq,
  ForeignStoreError,
  StoreUnavailableError,
  type Cursor,
  type Journal,
  type Registry,
  type SeriesStore,
  type StoreChange,
} from '@seawall/ports';
import type { Logger } from 'pino';
import { SettingError } from './config/setting-error.ts';

interface Reader {
  readonly name: string;
  /** What of it would be missing. */
  readonly what: string;
  readonly cursor: Cursor;
  /** Moves its cursor to where the journal begins. */
  readonly skip: () => Promise<void>;
}

interface Engines {
  readonly journal: Journal;
  readonly registry: Registry;
  readonly store: SeriesStore;
}

/** A store that is elsewhere may be down, and then the hub starts without having looked. */
const STORE_WAIT_MS = 3_000;

/** Looks whether store and registry can go on reading where they stopped: of the store as soon as it answers. */
export class MissingEntries {
  readonly #engines: Engines;
  readonly #skipMissing: boolean;
  readonly #log: Logger | undefined;
  /** When the hub started: what the store has read of this journal lies before, until this run writes to it. */
  readonly #lastSeq: number;
  #storeGoesOn = false;

  /**
   * @param engines before anything is written in this run
   * @param skipMissing go on where the journal begins, without what is gone
   */
  constructor(engines: Engines, skipMissing = false, log?: Logger) {
    this.#engines = engines;
    this.#skipMissing = skipMissing;
    this.#log = log;
    this.#lastSeq = engines.journal.status().lastSeq;
  }

  /**
   * At the start. A store that does not answer is looked at by `checkStore`, later.
   * @throws SettingError that says what is missing, and how to go on
   */
  async check(waitMs = STORE_WAIT_MS): Promise<void> {
    try {
      await this.#checkStoreWithin(waitMs);
    } catch (error) {
      if (error instanceof ForeignStoreError) throw new SettingError(error.message, { cause: error });
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.#log?.warn(
        { err: error },
        'the series store does not answer; the hub starts without it, and goes on trying',
      );
    }
    await this.#checkRegistry();
  }

  /**
   * Until it has once been found that the store can go on, after which nothing is asked.
   * @throws SettingError that says what is missing; StoreUnavailableError
   */
  async checkStore(): Promise<void> {
    if (this.#storeGoesOn) return;
    await this.#checkStoreAt(await this.#engines.store.cursor());
  }

  async #checkStoreWithin(waitMs: number): Promise<void> {
    const asked = this.#engines.store.cursor();
    asked.catch(() => undefined); // Its failure is told below, unless that gave up before.
    const late = delay(waitMs, undefined, { ref: false });
    const cursor = await Promise.race([asked, late]);
    if (cursor === undefined) throw new StoreUnavailableError(`It has not answered within ${waitMs} ms.`);
    await this.#checkStoreAt(cursor);
  }

  async #checkStoreAt(cursor: Cursor): Promise<void> {
    const { journal, store } = this.#engines;
    const skip = async () => store.write(await descriptions(this.#engines), journal.start());
    await this.#checkReader({ name: 'series store', what: 'readings', cursor, skip });
    this.#storeGoesOn = true;
  }

  #checkRegistry(): Promise<void> {
    const { journal, registry } = this.#engines;
    return this.#checkReader({
      name: 'registry',
      what: 'changes of devices, rules and alerts',
      cursor: registry.cursor(),
      skip: () => skipTo(registry, journal),
    });
  }

  async #checkReader({ name, what, cursor, skip }: Reader): Promise<void> {
    const { firstSeq } = this.#engines.journal.status();
    const seq = cursorSeq(cursor);
    if (seq > this.#lastSeq) throw new SettingError(otherJournal(name, seq, this.#lastSeq));
    if (seq >= firstSeq - 1) return;
    if (!this.#skipMissing) throw new SettingError(missing(name, what, seq, firstSeq));
    this.#log?.warn(
      { from: seq + 1, to: firstSeq - 1 },
      `the ${name} goes on without the ${what} of entries that are gone`,
    );
    await skip();
  }
}

/** What the registry knows of devices and metrics: the entries that told the store are gone. */
async function descriptions({ registry }: Engines): Promise<StoreChange[]> {
  const changes: StoreChange[] = [{ kind: 'metrics', metrics: await registry.metrics() }];
  for await (const { id, labelSpans } of registry.allDevices())
    changes.push({ kind: 'labels', device: id, spans: labelSpans });
  return changes;
}

/** An entry must come with it: the registry writes no cursor without one. */
async function skipTo(registry: Registry, journal: Journal): Promise<void> {
  for await (const { entries, cursor } of journal.read(journal.start(), { follow: false, maxEntries: 1 })) {
    await registry.apply(entries, cursor);
    return;
  }
}

function missing(name: string, what: string, seq: number, firstSeq: number): string {
  return (
    `The ${name} has read the journal up to entry ${seq}, but the journal begins at entry ${firstSeq}: what entries ${seq + 1} to ` +
    `${firstSeq - 1} say (${what}) is missing in it. Put back a backup of the whole data directory, or go on without ` +
    'them: start once with --skip-missing.'
  );
}

function otherJournal(name: string, seq: number, lastSeq: number): string {
  return (
    `The ${name} has read the journal up to entry ${seq}, but the journal ends at entry ${lastSeq}: it is not the journal that the ` +
    `${name} has read. Put back a backup of the whole data directory, or the journal folder that belongs to it.`
  );
}
