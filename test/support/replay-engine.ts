import { createEngine } from '@seawall/alerts';
import type { AlertTransition } from '@seawall/model';
import type { EntryDraft, JournalEntry } from '@seawall/ports';

export interface ReplayedTransition {
  readonly transition: AlertTransition;
  readonly producer: EntryDraft['producer'];
}

/**
 * What the engine decides when it is fed these entries alone.
 * @param restartAt before which entries (by place) the engine is thrown away and made anew from its saved state
 */
export function replayEngine(
  entries: readonly JournalEntry[],
  restartAt: (place: number) => boolean = () => false,
): ReplayedTransition[] {
  let engine = createEngine();
  const decided: ReplayedTransition[] = [];
  entries.forEach((entry, place) => {
    if (restartAt(place)) engine = createEngine(engine.save());
    for (const draft of engine.feed(entry)) {
      if (draft.kind === 'transition') decided.push({ transition: draft.payload, producer: draft.producer });
    }
  });
  return decided;
}
