import type { Channel, Cursor, Journal } from '@seawall/ports';
import { deliverSideBySide } from './deliver-side-by-side.ts';
import type { RoleLoop } from './role.ts';

/**
 * Journal → channels, each alert in order. Its place is kept after each chunk that mattered, so a crash repeats the last
 * ones at most, with the same ids and revisions. Replays and imports notify nobody.
 */
export function notifier(journal: Journal, channels: readonly Channel[]): RoleLoop {
  return async (progress, signal) => {
    const from = journal.position('notifier')?.cursor ?? journal.start();
    let last: Cursor | undefined;
    for await (const chunk of journal.read(from, { signal })) {
      const transitions = chunk.entries.flatMap((entry) =>
        entry.kind === 'transition' && entry.origin === 'live' ? [entry.payload] : [],
      );
      await deliverSideBySide(channels, transitions);
      if (transitions.length > 0 || chunk.entries.some(({ kind }) => kind === 'tick'))
        await journal.commit('notifier', chunk.cursor);
      last = chunk.cursor;
      progress(chunk.cursor, chunk.entries.at(-1)!.stamp);
    }
    if (last !== undefined) await journal.commit('notifier', last);
  };
}
