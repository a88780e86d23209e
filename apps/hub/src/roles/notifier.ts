import type { Channel, Cursor, Journal } from '@seawall/ports';
import type { RoleLoop } from './role.ts';

/**
 * Journal → channels, in order. Its place is kept after each delivery that mattered, so a crash repeats the last few
 * at most, with the same ids and revisions. Replays and imports notify nobody.
 */
export function notifier(journal: Journal, channels: readonly Channel[]): RoleLoop {
  return async (progress, signal) => {
    const from = journal.position('notifier')?.cursor ?? journal.start();
    let last: Cursor | undefined;
    for await (const chunk of journal.read(from, { signal })) {
      let keep = false;
      for (const entry of chunk.entries) {
        keep ||= entry.kind === 'tick';
        if (entry.kind !== 'transition' || entry.origin !== 'live') continue;
        for (const channel of channels) await channel.deliver(entry.payload);
        keep = true;
      }
      if (keep) await journal.commit('notifier', chunk.cursor);
      last = chunk.cursor;
      progress(chunk.cursor, chunk.entries.at(-1)!.stamp);
    }
    if (last !== undefined) await journal.commit('notifier', last);
  };
}
