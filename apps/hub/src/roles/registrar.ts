import type { Cursor, EntryKind, Journal, JournalChunk, Registry } from '@seawall/ports';
import type { RoleLoop } from './role.ts';
import { hasTick, tellProgress } from './tell-progress.ts';

const KEPT: ReadonlySet<EntryKind> = new Set([
  'device',
  'rule',
  'transition',
  'rejections',
  'tick',
] satisfies EntryKind[]);

/** Journal → registry. */
export function registrar(journal: Journal, registry: Registry): RoleLoop {
  return async (progress, signal) => {
    let last: Cursor | undefined;
    for await (const chunk of journal.read(registry.cursor(), { signal })) {
      await register(registry, chunk);
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
  for await (const chunk of journal.read(registry.cursor(), { follow: false })) await register(registry, chunk);
}

/** A chunk of readings alone moves nothing: the registry's cursor may lag behind, never lead. */
async function register(registry: Registry, chunk: JournalChunk): Promise<void> {
  if (chunk.entries.some((entry) => KEPT.has(entry.kind))) await registry.apply(chunk.entries, chunk.cursor);
}
