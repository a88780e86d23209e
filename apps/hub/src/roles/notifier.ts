import { setImmediate } from 'node:timers/promises';
import type { AlertTransition } from '@seawall/model';
import type { Channel, Cursor, Journal, JournalChunk } from '@seawall/ports';
import { Deliveries } from './deliveries.ts';
import { KeptPlace } from './kept-place.ts';
import type { RoleLoop } from './role.ts';
import { hasTick } from './tell-progress.ts';

/** Begun at one go: between two of these others have their turn. */
const MAX_ENTRIES = 100;
/** Deliveries under way at most, for all that is repeated after a crash, and held in memory meanwhile. */
const MAX_UNDER_WAY = 1_000;

/**
 * Journal → channels, each alert in order, and none waits for another. What is kept is the place before which all is
 * delivered, so a crash repeats the last ones at most, with the same ids and revisions. Replays and imports notify nobody.
 */
export function notifier(journal: Journal, channels: readonly Channel[]): RoleLoop {
  return async (progress, signal) => {
    const from = journal.position('notifier')?.cursor ?? journal.start();
    const failed = new AbortController();
    const deliveries = new Deliveries(channels);
    const place = new KeptPlace(journal, 'notifier', () => failed.abort());
    let last: Cursor | undefined;
    /** Resolves when the chunks so far are delivered. */
    let passed = Promise.resolve();
    const pass = (chunk: JournalChunk, mattered: boolean) => {
      last = chunk.cursor;
      if (mattered) place.keep(last);
      progress(last, chunk.entries.at(-1)!.stamp);
    };
    const until = AbortSignal.any([signal, failed.signal]);
    for await (const chunk of journal.read(from, { signal: until, maxEntries: MAX_ENTRIES })) {
      const transitions = liveTransitions(chunk);
      const delivered = deliveries.deliver(transitions);
      passed = Promise.all([passed, delivered]).then(() => pass(chunk, transitions.length > 0 || hasTick(chunk)));
      passed.catch(() => failed.abort());
      if (transitions.length > 0) await setImmediate();
      if (deliveries.underWay >= MAX_UNDER_WAY) await deliveries.settled();
    }
    await deliveries.settled();
    try {
      await passed;
      if (last !== undefined) place.keep(last);
    } finally {
      await place.settled();
    }
  };
}

function liveTransitions({ entries }: JournalChunk): AlertTransition[] {
  return entries.flatMap((entry) => (entry.kind === 'transition' && entry.origin === 'live' ? [entry.payload] : []));
}
