import { createEngine, type RefusedRule } from '@seawall/alerts';
import type { Cursor, EntryDraft, Journal, JournalUnavailableError } from '@seawall/ports';
import type { EngineView } from './engine-view.ts';
import { LateReadings } from './late-readings.ts';
import type { RoleLoop } from './role.ts';
import { Snapshots } from './snapshots.ts';

/** Small chunks, so that an alert does not wait for the rest of a backlog. */
const MAX_ENTRIES = 64;
/** A rule that ends may end thousands of alerts at once: planned in one go, they would hold up everybody. */
const OUTPUTS_AT_ONCE = 256;
/** The end does not wait longer for a last snapshot: the next start reads again what came since the one before. */
const LAST_SNAPSHOT_MS = 2_000;

/** What the hub's log is told of the engine. */
export interface EngineTold {
  /** The rules it does not run, at its start and whenever rules have changed. */
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
    const { bytes, ...from } = goOn(journal, view);
    let { cursor } = from;
    const engine = view.current!;
    tellRefused(view, told);
    const late = new LateReadings(engine.status());
    const snapshots = new Snapshots(journal, view, bytes, (error) => told.unsaved(error));
    try {
      while (!signal.aborted) {
        const until = AbortSignal.any([signal, view.nextAsk()]);
        for await (const chunk of journal.read(cursor, { signal: until, maxEntries: MAX_ENTRIES })) {
          const outputs = view.feed(chunk);
          if (chunk.entries.some(({ kind }) => kind === 'rule')) tellRefused(view, told);
          const stamp = chunk.entries.at(-1)!.stamp;
          const tooLate = late.since(stamp, () => engine.status());
          if (tooLate !== undefined) told.late(tooLate);
          await appendInPortions(journal, outputs);
          ({ cursor } = chunk);
          snapshots.mayBegin(chunk);
          progress(cursor, stamp);
        }
        // It has ended by itself: the journal is closed.
        if (!until.aborted) break;
        if (!signal.aborted) snapshots.begin(cursor, true);
      }
    } finally {
      await snapshots.stop();
    }
    if (cursor !== from.cursor) await snapshots.last(cursor, within(lastSnapshotMs));
  };
}

/** Makes the engine anew from what was saved last. @returns where it goes on, and how many bytes that was */
function goOn(journal: Journal, view: EngineView): { readonly cursor: Cursor; readonly bytes: number } {
  const position = journal.position('engine');
  view.current = createEngine(position?.state);
  return { cursor: position?.cursor ?? journal.start(), bytes: position?.state?.length ?? 0 };
}

/** After a crash in between, what is read again has the same numbers: what was kept is kept once, and the rest follows. */
async function appendInPortions(journal: Journal, outputs: readonly EntryDraft[]): Promise<void> {
  for (let at = 0; at < outputs.length; at += OUTPUTS_AT_ONCE)
    await journal.append(outputs.slice(at, at + OUTPUTS_AT_ONCE));
}

function tellRefused(view: EngineView, told: EngineTold): void {
  view.refused = view.current!.status().refusedRules;
  if (view.refused.length > 0) told.refused(view.refused);
}

function within(ms: number): () => boolean {
  const began = performance.now();
  return () => performance.now() - began < ms;
}
