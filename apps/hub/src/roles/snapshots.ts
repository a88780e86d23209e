import { JournalUnavailableError, type Cursor, type Journal, type JournalChunk } from '@seawall/ports';
import type { EngineView } from './engine-view.ts';

const EVERY_MS = 10_000;
/** This times the work that one is lies between two, so that they take a hundredth of the time. */
const SPACING = 100;
/** What it takes at least, until this run has made one: whoever has much to catch up with does not begin with it. */
const MS_PER_MIB = 10;
/** But not longer, however busy the machine is: a restart reads again what came since the last one. */
const AT_LEAST_EVERY_MS = 60_000;

/** Saves the engine's state with the cursor it belongs to, now and then, while the engine goes on. One at a time. */
export class Snapshots {
  readonly #journal: Journal;
  readonly #view: EngineView;
  #tookMs: number;
  /** The stamp of the last one, epoch ms. */
  #savedAt: number | undefined;
  /** Where the last that was committed is of. */
  #cursor: Cursor | undefined;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isWanted = true;
  readonly #unsaved: (error: JournalUnavailableError) => void;

  /**
   * @param bytes of the state that was gone on from; 0 if there was none
   * @param unsaved told when one can't be kept, once until one can
   */
  constructor(journal: Journal, view: EngineView, bytes: number, unsaved: (error: JournalUnavailableError) => void) {
    this.#journal = journal;
    this.#view = view;
    this.#unsaved = unsaved;
    this.#tookMs = (bytes / 1024 ** 2) * MS_PER_MIB;
    if (bytes === 0) this.#savedAt = 0;
  }

  /**
   * Begins one if it is time. What was decided up to the chunk's end must be in the journal.
   * @throws what the last one has failed with, but for a journal that takes nothing
   */
  mayBegin({ cursor, entries }: JournalChunk): void {
    this.#savedAt ??= entries[0]!.stamp;
    const stamp = entries.at(-1)!.stamp;
    if (this.#failure === undefined && (this.#running !== undefined || stamp - this.#savedAt < this.#spacingMs()))
      return;
    this.begin(cursor, false);
    this.#savedAt = stamp;
  }

  /**
   * Begins one now, unless one is being made or there is one of that cursor. Else as `mayBegin`.
   * @param inAHurry where it is waited for
   */
  begin(cursor: Cursor, inAHurry: boolean): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#running !== undefined || cursor === this.#cursor) return;
    const made = this.#make(cursor, () => this.#isWanted, inAHurry);
    this.#running = made.catch((error: unknown) => (this.#failure = { error })).then(() => (this.#running = undefined));
  }

  /** Gives up the one that is being made, if there is one. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }

  /** A last one, unless there is one of that cursor. */
  async last(cursor: Cursor, isWanted: () => boolean): Promise<void> {
    if (cursor !== this.#cursor) await this.#make(cursor, isWanted, true);
  }

  async #make(cursor: Cursor, isWanted: () => boolean, inAHurry: boolean): Promise<void> {
    const state = await this.#view.save(isWanted, inAHurry);
    if (state === undefined) return;
    this.#tookMs = this.#view.snapshot.tookMs;
    try {
      await this.#journal.commit('engine', cursor, { state });
      this.#cursor = cursor;
      this.#view.unsaved = undefined;
    } catch (error) {
      this.#couldNotKeep(error);
    }
  }

  /** A snapshot that can't be kept is no reason to stop: the one before holds, and another will be made. */
  #couldNotKeep(error: unknown): void {
    if (!(error instanceof JournalUnavailableError)) throw error;
    if (this.#view.unsaved === undefined) this.#unsaved(error);
    this.#view.unsaved = error.message;
  }

  #spacingMs(): number {
    return Math.min(Math.max(EVERY_MS, SPACING * this.#tookMs), AT_LEAST_EVERY_MS);
  }
}
