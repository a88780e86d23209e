import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor } from '@seawall/ports';
import { CursorOutOfLogError, cursorSeq, StoreUnavailableError } from '@seawall/ports';
import type { ApiContext } from '../context.ts';
import { answerWithin } from '../http/answer-within.ts';
import { OverviewState } from './overview-state.ts';

export type OverviewSources = Pick<ApiContext, 'journal' | 'store' | 'registry' | 'limits'>;

const SERIES_PAGE = 5000;
const ALERTS_PAGE = 1000;
/** Entries that a store which is back may have yet to read: with more, the overview would stand still for too long. */
const NEAR_ENTRIES = 10_000;

/** One reader of the journal that keeps an overview: what store and registry knew, then every entry since. */
export class OverviewRun {
  readonly #sources: OverviewSources;
  readonly #stop = new AbortController();
  readonly #settled = new EventEmitter().setMaxListeners(0);
  #state: OverviewState | undefined;
  #failure: unknown;

  constructor(sources: OverviewSources) {
    this.#sources = sources;
  }

  /** Reads until it is stopped. @throws what the ports throw; whoever waits is told as well */
  async run(): Promise<void> {
    const timer = setInterval(() => this.#settle(), this.#sources.limits.overviewMs);
    try {
      while (!this.#stop.signal.aborted) await this.#fromTheStart();
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      clearInterval(timer);
      this.#settled.emit('settled');
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** The state as soon as it is of a later version. @throws the signal's reason, or what ended the run */
  async after(version: number, signal: AbortSignal): Promise<OverviewState> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#state !== undefined && this.#state.version > version) return this.#state;
      await once(this.#settled, 'settled', { signal });
    }
  }

  #settle(): void {
    this.#state?.settle();
    this.#settled.emit('settled');
  }

  /** Also after a gap: entries that are kept no more are known by what they left in store and registry. */
  async #fromTheStart(): Promise<void> {
    const { journal, registry } = this.#sources;
    const known = registry.cursor();
    const state = new OverviewState(journal.status().lastStamp, (this.#state?.version ?? 0) + 1);
    await this.#loadRegistry(state);
    const stored = await this.#loadStore(state);
    const pass = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, pass.signal]);
    const anew = stored === undefined ? this.#storeIsBack(signal).finally(() => pass.abort()) : undefined;
    anew?.catch(() => undefined); // Thrown below.
    try {
      await this.#follow(state, stored === undefined ? known : earlier(stored, known), signal);
    } catch (error) {
      if (!(error instanceof CursorOutOfLogError)) throw error;
    } finally {
      pass.abort();
      await anew;
    }
  }

  async #loadRegistry(state: OverviewState): Promise<void> {
    const { registry } = this.#sources;
    state.define(await registry.metrics());
    const alerts = pages((page) => registry.alerts({ states: ['firing'] }, page), ALERTS_PAGE);
    for await (const alert of alerts) state.alerts.load(alert);
  }

  /** @returns where the store stands; undefined if it does not answer, and then what it knows is missing for now */
  async #loadStore(state: OverviewState): Promise<Cursor | undefined> {
    const { store, limits } = this.#sources;
    try {
      const cursor = await answerWithin(limits.storeMs, store.cursor());
      for await (const series of pages((page) => store.series({}, page), SERIES_PAGE)) state.load(series);
      return cursor;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      state.lack();
      return undefined;
    }
  }

  /** Resolves when the store answers and has nearly caught up, or when the signal aborts. */
  async #storeIsBack(signal: AbortSignal): Promise<void> {
    const { journal, store, limits } = this.#sources;
    while (!signal.aborted) {
      await delay(limits.storeMs, undefined, { signal }).catch(() => undefined); // Only the abort ends it early.
      try {
        const cursor = await answerWithin(limits.storeMs, store.cursor());
        if (cursorSeq(journal.end()) - cursorSeq(cursor) <= NEAR_ENTRIES) return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  }

  async #follow(state: OverviewState, cursor: Cursor, signal: AbortSignal): Promise<void> {
    const { journal } = this.#sources;
    const end = cursorSeq(journal.end());
    if (cursorSeq(cursor) >= end) this.#publish(state);
    for await (const chunk of journal.read(cursor, { signal, maxEntries: 200 })) {
      for (const entry of chunk.entries) state.apply(entry);
      if (cursorSeq(chunk.cursor) >= end) this.#publish(state);
    }
  }

  /** What store and registry knew is shown when the entries that they had not come to are in it. */
  #publish(state: OverviewState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#settle();
  }
}

interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Item by item; between pages others have their turn. */
async function* pages<T>(
  ask: (page: { limit: number; after?: string }) => Promise<PageOf<T>>,
  limit: number,
): AsyncGenerator<T> {
  let after: string | undefined;
  for (;;) {
    const { items, next } = await ask({ limit, ...(after !== undefined && { after }) });
    yield* items;
    if (next === null) return;
    after = next;
    await new Promise(setImmediate);
  }
}

function earlier(a: Cursor, b: Cursor): Cursor {
  return cursorSeq(a) < cursorSeq(b) ? a : b;
}
