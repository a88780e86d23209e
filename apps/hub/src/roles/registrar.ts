import { setTimeout as delay } from 'node:timers/promises';
import { cursorSeq, type Cursor, type EntryKind, type Journal, type JournalChunk, type Registry } from '@seawall/ports';
import type { RoleLoop } from './role.ts';
import { hasTick, tellProgress } from './tell-progress.ts';

const KEPT: ReadonlySet<EntryKind> = new Set([
  'device',
  'rule',
  'transition',
  'rejections',
  'tick',
] satisfies EntryKind[]);

/**
 * Before what can wait is written, while there is no backlog: first an alert is told, then it is listed, and those that
 * come meanwhile share the work and the flush.
 */
const GATHER_MS = 50;

/** Journal → registry. @param gather resolves when others have had their time, or the signal aborts */
export function registrar(journal: Journal, registry: Registry, gather = gatherForAWhile): RoleLoop {
  return async (progress, signal) => {
    let last: Cursor | undefined;
    for await (const chunk of journal.read(registry.cursor(), { signal })) {
      if (isKept(chunk)) {
        if (canWait(chunk, journal.end())) await gather(signal);
        await registry.apply(chunk.entries, chunk.cursor);
      }
      if (hasTick(chunk)) await tellProgress(journal, 'registrar', registry.cursor());
      last = chunk.cursor;
      progress(chunk.cursor, chunk.entries.at(-1)!.stamp);
    }
    if (last === undefined) return;
    await registry.apply([], last);
    await tellProgress(journal, 'registrar', registry.cursor());
  };
}

/** Brings the registry up to the log's end, before anybody loads from it. */
export async function catchUpRegistry(journal: Journal, registry: Registry): Promise<void> {
  for await (const chunk of journal.read(registry.cursor(), { follow: false }))
    if (isKept(chunk)) await registry.apply(chunk.entries, chunk.cursor);
}

/** A chunk of readings alone moves nothing: the registry's cursor may lag behind, never lead. */
function isKept({ entries }: JournalChunk): boolean {
  return entries.some(({ kind }) => KEPT.has(kind));
}

/** Who changes a rule waits for it. */
function canWait({ entries, cursor }: JournalChunk, end: Cursor): boolean {
  const behind = cursorSeq(end) - cursorSeq(cursor);
  return behind < entries.length && !entries.some(({ kind }) => kind === 'rule');
}

async function gatherForAWhile(signal: AbortSignal): Promise<void> {
  await delay(GATHER_MS, undefined, { signal }).catch(() => undefined);
}
