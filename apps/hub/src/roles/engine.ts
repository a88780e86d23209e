import { setImmediate } from 'node:timers/promises';
import { createEngine, type Engine, type RefusedRule } from '@seawall/alerts';
import { JournalUnavailableError, type Cursor, type EntryDraft, type Journal, type JournalChunk } from '@seawall/ports';
import { LateReadings } from './late-readings.ts';
import type { RoleLoop } from './role.ts';

/** Small chunks, so that an alert does not wait for the rest of a backlog. */
const MAX_ENTRIES = 64;
const SNAPSHOT_EVERY_MS = 10_000;
/** While a snapshot is made nothing is decided: this times that long lies between two, so that few alerts wait for one. */
const SNAPSHOT_SPACING = 200;
/** What it takes at least, until this run has made one: whoever has much to catch up with does not begin with it. */
const SNAPSHOT_MS_PER_MIB = 10;
/** But not longer, however busy the machine is: a restart reads again what came since the last one. */
const SNAPSHOT_AT_LEAST_EVERY_MS = 60_000;
/** The longest that a step towards a snapshot holds up the rest of the hub, roughly. */
const SNAPSHOT_STEP_MS = 20;
/** The end does not wait longer for a last snapshot: the next start reads again what came since the one before. */
const LAST_SNAPSHOT_MS = 2_000;

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
    return this.#timed(() => entries.flatMap((entry) => this.current!.feed(entry)));
  }

  /** The whole state, made in steps between which the rest of the hub works on; undefined once it is not wanted. */
  async save(isWanted: () => boolean): Promise<Uint8Array | undefined> {
    const before = this.busyMs;
    const saving = this.current!.saving();
    while (isWanted()) {
      const state = this.#timed(() => stepOf(saving));
      if (state !== undefined) {
        this.snapshot = { bytes: state.length, tookMs: this.busyMs - before };
        return state;
      }
      await setImmediate();
    }
    return undefined;
  }

  #timed<T>(work: () => T): T {
    const began = performance.now();
    const result = work();
    this.busyMs += performance.now() - began;
    return result;
  }
}

function spacingMs(tookMs: number): number {
  return Math.min(Math.max(SNAPSHOT_EVERY_MS, SNAPSHOT_SPACING * tookMs), SNAPSHOT_AT_LEAST_EVERY_MS);
}

/** @returns the state once it is finished */
function stepOf(saving: Generator<void, Uint8Array>): Uint8Array | undefined {
  const began = performance.now();
  while (performance.now() - began < SNAPSHOT_STEP_MS) {
    const step = saving.next();
    if (step.done === true) return step.value;
  }
  return undefined;
}

function within(ms: number): () => boolean {
  const began = performance.now();
  return () => performance.now() - began < ms;
}

/** What the engine tells whoever runs it. */
export interface EngineTold {
  /** Of the rules it does not run, at its start and whenever rules have changed. */
  refused(rules: readonly RefusedRule[]): void;
  /** By rule, how many readings have come too late to count in its windows; once a minute at most. */
  late(readings: Readonly<Record<string, number>>): void;
  /** Once, until one can be kept again: of a snapshot that could not be kept. It goes on without. */
  unsaved(error: JournalUnavailableError): void;
}

/**
 * Journal → transitions → journal. The engine's state is saved with the cursor it belongs to, now and then; after a
 * crash what lies between is read again and gives the same transitions with the same producer sequence, which the
 * journal knows and stores no second time.
 * @param lastSnapshotMs how long a last snapshot may take at the end
 */
export function engine(
  journal: Journal,
  view: EngineView,
  told: EngineTold,
  lastSnapshotMs = LAST_SNAPSHOT_MS,
): RoleLoop {
  return async (progress, signal) => {
    const position = journal.position('engine');
    view.current = createEngine(position?.state);
    const tellRefused = () => {
      view.refused = view.current!.status().refusedRules;
      if (view.refused.length > 0) told.refused(view.refused);
    };
    tellRefused();
    const keep = keeping(journal, view, told);
    const late = new LateReadings(view.current.status());
    const bytes = position?.state?.length ?? 0;
    let tookMs = (bytes / 1024 ** 2) * SNAPSHOT_MS_PER_MIB;
    let savedAt: number | undefined;
    let cursor = position?.cursor ?? journal.start();
    let saved = cursor;
    const save = async (isWanted: () => boolean) => {
      const began = performance.now();
      const state = await view.save(isWanted);
      if (state === undefined) return;
      if (await keep(cursor, state)) saved = cursor;
      // With what the rest of the hub did between the steps, and the flush.
      tookMs = performance.now() - began;
    };
    while (!signal.aborted) {
      const until = AbortSignal.any([signal, view.nextAsk()]);
      for await (const chunk of journal.read(cursor, { signal: until, maxEntries: MAX_ENTRIES })) {
        const outputs = view.feed(chunk);
        if (chunk.entries.some(({ kind }) => kind === 'rule')) tellRefused();
        const stamp = chunk.entries.at(-1)!.stamp;
        const tooLate = late.since(stamp, () => view.current!.status());
        if (tooLate !== undefined) told.late(tooLate);
        // What was decided does not wait for the snapshot.
        if (outputs.length > 0) await journal.append(outputs);
        cursor = chunk.cursor;
        savedAt ??= bytes === 0 ? 0 : chunk.entries[0]!.stamp;
        if (stamp - savedAt >= spacingMs(tookMs)) {
          await save(() => !signal.aborted);
          savedAt = stamp;
        }
        progress(cursor, stamp);
      }
      // It has ended by itself: the journal is closed.
      if (!until.aborted) break;
      if (!signal.aborted && cursor !== saved) await save(() => !signal.aborted);
    }
    if (cursor !== saved) await save(within(lastSnapshotMs));
  };
}

/** A snapshot that can't be kept is no reason to stop: the one before holds, and another will be made. */
function keeping(journal: Journal, view: EngineView, told: EngineTold) {
  return async (cursor: Cursor, state: Uint8Array): Promise<boolean> => {
    try {
      await journal.commit('engine', cursor, { state });
      view.unsaved = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof JournalUnavailableError)) throw error;
      if (view.unsaved === undefined) told.unsaved(error);
      view.unsaved = error.message;
      return false;
    }
  };
}
