import { cursorSeq, type Cursor, type Journal, type Registry, type SeriesStore } from '@seawall/ports';
import type { Logger } from 'pino';
import { SettingError } from './config/setting-error.ts';

interface Reader {
  readonly name: string;
  /** What of it would be missing. */
  readonly what: string;
  readonly cursor: Cursor;
  /** Moves its cursor to where the journal begins. */
  readonly skip: () => Promise<void>;
}

/**
 * Looks whether store and registry can go on reading where they stopped.
 * @param skipMissing go on where the journal begins, without what is gone
 * @throws SettingError that says what is missing, and how to go on
 */
export async function checkEntriesAreThere(
  { journal, registry, store }: { journal: Journal; registry: Registry; store: SeriesStore },
  skipMissing = false,
  log?: Logger,
): Promise<void> {
  const readers: Reader[] = [
    {
      name: 'series store',
      what: 'readings, labels and units',
      cursor: await store.cursor(),
      skip: () => store.write([], journal.start()),
    },
    {
      name: 'registry',
      what: 'changes of devices, rules and alerts',
      cursor: registry.cursor(),
      skip: () => skipTo(registry, journal),
    },
  ];
  const { firstSeq, lastSeq } = journal.status();
  for (const { name, what, cursor, skip } of readers) {
    const seq = cursorSeq(cursor);
    if (seq > lastSeq) throw new SettingError(otherJournal(name, seq, lastSeq));
    if (seq >= firstSeq - 1) continue;
    if (!skipMissing) throw new SettingError(missing(name, what, seq, firstSeq));
    log?.warn({ from: seq + 1, to: firstSeq - 1 }, `the ${name} goes on without the ${what} of entries that are gone`);
    await skip();
  }
}

/** An entry must come with it: the registry writes no cursor without one. */
async function skipTo(registry: Registry, journal: Journal): Promise<void> {
  for await (const { entries, cursor } of journal.read(journal.start(), { follow: false, maxEntries: 1 })) {
    await registry.apply(entries, cursor);
    return;
  }
}

function missing(name: string, what: string, seq: number, firstSeq: number): string {
  return (
    `The ${name} has read the journal up to entry ${seq}, but the journal begins at entry ${firstSeq}: what entries ${seq + 1} to ` +
    `${firstSeq - 1} say (${what}) is missing in it. Put back a backup of the whole data directory, or go on without ` +
    'them: start once with --skip-missing.'
  );
}

function otherJournal(name: string, seq: number, lastSeq: number): string {
  return (
    `The ${name} has read the journal up to entry ${seq}, but the journal ends at entry ${lastSeq}: it is not the journal that the ` +
    `${name} has read. Put back a backup of the whole data directory, or the journal folder that belongs to it.`
  );
}
