import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { journalContract } from '@seawall/ports/contract';
import { openLmdbJournal } from './lmdb-journal.ts';

/** With and without the ring: a reader that keeps up, and one that comes from far behind. */
for (const ringBytes of [undefined, 0]) {
  journalContract(`the LMDB journal ${ringBytes === 0 ? 'without' : 'with'} its ring`, async ({ now }) => {
    const path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
    const open = () => openLmdbJournal({ path, now, ...(ringBytes !== undefined && { ringBytes }) });
    let journal = await open();
    return {
      journal,
      async reopen() {
        await journal.close();
        return (journal = await open());
      },
      async dispose() {
        await journal.close();
        await rm(path, { recursive: true });
      },
    };
  });
}
