import { cursorAfter, cursorSeq, type Journal, type JournalEntry } from '@seawall/ports';

/** How the newest run in a log ended, and the stamp of its last entry, epoch ms. */
export type LastRun =
  | { readonly kind: 'none' }
  | { readonly kind: 'clean'; readonly stamp: number }
  | { readonly kind: 'crash'; readonly stamp: number };

const STEP = 100;
/** After a `hub-stop` roles may write what they still decide: a few entries, never this many. */
const LOOKED_AT = 2_000;

/**
 * A run ended as told if nothing but what roles still had to say comes after its `hub-stop`. Ask before this run's `hub-start` is
 * appended, or of a hub that is stopped.
 */
export async function lastRun(journal: Journal): Promise<LastRun> {
  const { lastSeq, firstSeq, lastStamp } = journal.status();
  for (let to = lastSeq; to >= firstSeq && lastSeq - to < LOOKED_AT; to -= STEP) {
    const found = (await stretch(journal, Math.max(to - STEP, firstSeq - 1), to)).findLast(tells);
    if (found !== undefined) return { kind: found.kind === 'hub-stop' ? 'clean' : 'crash', stamp: lastStamp };
  }
  return lastSeq < firstSeq ? { kind: 'none' } : { kind: 'crash', stamp: lastStamp };
}

/** The release that started the newest run, as far as a look at the log's end tells. */
export async function lastVersion(journal: Journal): Promise<string | undefined> {
  const { lastSeq, firstSeq } = journal.status();
  for (let to = lastSeq; to >= firstSeq && lastSeq - to < LOOKED_AT; to -= STEP) {
    const found = (await stretch(journal, Math.max(to - STEP, firstSeq - 1), to)).findLast(
      (entry) => entry.kind === 'hub-start',
    );
    if (found?.kind === 'hub-start') return found.payload.version;
  }
  return undefined;
}

/** What roles still had to say: the engine what it decided, the writer what the store refused. */
function tells({ kind, producer }: JournalEntry): boolean {
  return kind !== 'transition' && !(kind === 'rejections' && producer !== undefined);
}

/** The entries after one sequence number up to another. */
async function stretch(journal: Journal, after: number, to: number): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const from = cursorAfter({ partition: 0, seq: after });
  for await (const chunk of journal.read(from, { follow: false, maxEntries: STEP })) {
    entries.push(...chunk.entries.filter(({ seq }) => seq <= to));
    if (cursorSeq(chunk.cursor) >= to) break;
  }
  return entries;
}
