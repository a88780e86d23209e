import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Engine, RefusedRule } from '@seawall/alerts';
import type { EntryDraft, JournalChunk } from '@seawall/ports';

/** The longest that a step towards a snapshot holds up the rest of the hub, roughly. */
const SNAPSHOT_STEP_MS = 5;
/** This times as long as a step the rest has for itself before the next: an alert goes through several of its turns. */
const PAUSE_PER_STEP = 4;
const LONGEST_PAUSE_MS = 200;

/** The engine that runs now, what its work costs, and what others may know of it. */
export class EngineView {
  current: Engine | undefined;
  /** Rules it does not run, with the reason. */
  refused: readonly RefusedRule[] = [];
  /** Time it has worked since the hub's start, its snapshots counted in. */
  busyMs = 0;
  /** Of the last one: its size, and the work it was. */
  snapshot = { bytes: 0, tookMs: 0 };
  /** Why the last snapshot could not be kept; undefined once one was. */
  unsaved: string | undefined;
  #asked = new AbortController();

  /** Asks for a snapshot now, also while nothing comes: the last one's place holds back trimming. */
  askForSnapshot(): void {
    this.#asked.abort();
  }

  /** Aborts when a snapshot is asked for, after this call or since the last one. */
  nextAsk(): AbortSignal {
    const asked = this.#asked;
    if (asked.signal.aborted) this.#asked = new AbortController();
    return asked.signal;
  }

  feed({ entries }: JournalChunk): EntryDraft[] {
    const began = performance.now();
    const drafts = entries.flatMap((entry) => this.current!.feed(entry));
    this.busyMs += performance.now() - began;
    return drafts;
  }

  /**
   * The whole state as of now, made in steps between which the rest of the hub works on, and the engine too; undefined
   * once it is not wanted.
   * @param inAHurry with no more between two steps than everybody's turn
   */
  async save(isWanted: () => boolean, inAHurry: boolean): Promise<Uint8Array | undefined> {
    let began = performance.now();
    const saving = this.current!.saving();
    let tookMs = 0;
    while (isWanted()) {
      const state = stepOf(saving, began + SNAPSHOT_STEP_MS);
      const stepMs = performance.now() - began;
      tookMs += stepMs;
      this.busyMs += stepMs;
      if (state !== undefined) {
        this.snapshot = { bytes: state.length, tookMs };
        return state;
      }
      await (inAHurry ? setImmediate() : setTimeout(Math.min(stepMs * PAUSE_PER_STEP, LONGEST_PAUSE_MS)));
      began = performance.now();
    }
    return undefined;
  }
}

/** @returns the state once it is finished */
function stepOf(saving: Generator<void, Uint8Array>, until: number): Uint8Array | undefined {
  while (performance.now() < until) {
    const step = saving.next();
    if (step.done === true) return step.value;
  }
  return undefined;
}
