import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cursorAfter } from '../journal.ts';
import type { Journal } from '../journal.ts';
import type { StampTimes } from '../stamp-clock.ts';
import { appendContract } from './journal-append-contract.ts';
import { readings, tick } from './journal-contract-support.ts';
import { readContract } from './journal-read-contract.ts';

export interface OpenJournal {
  readonly journal: Journal;
  /** Closes the journal and opens it again over the same data; absent where nothing is kept. */
  readonly reopen?: () => Promise<Journal>;
  /** Closes the journal and removes what it kept. */
  readonly dispose: () => Promise<void>;
}

/** What every Journal does. @param open a new, empty journal that takes its time from what it is given */
export function journalContract(name: string, open: (times: Required<StampTimes>) => Promise<OpenJournal>): void {
  describe(`${name} as a Journal`, () => {
    let opened: OpenJournal;
    let journal: Journal;
    const on = {
      now: 0,
      elapsed: 0,
      get journal() {
        return journal;
      },
      async restarted() {
        if (opened.reopen) journal = await opened.reopen();
        return journal;
      },
    };

    beforeEach(async () => {
      on.now = 1_790_000_000_000;
      opened = await open({ now: () => on.now, elapsed: () => on.elapsed });
      journal = opened.journal;
    });

    afterEach(async () => {
      await opened.dispose();
    });

    appendContract(on);
    readContract(on);

    it('tells its status', async () => {
      expect(journal.status()).toMatchObject({ writable: true, firstSeq: 1, lastSeq: 0, consumers: [] });
      await journal.append([tick, tick, readings(1000)]);
      await journal.commit('writer', cursorAfter({ partition: 0, seq: 2 }));
      await journal.trim({ maxAgeMs: Infinity, maxBytes: 30_000 });
      await journal.trim({ maxAgeMs: -1, maxBytes: 0 });
      const status = journal.status();
      expect(status).toMatchObject({ writable: true, firstSeq: 3, lastSeq: 3, lastStamp: on.now });
      expect(status.consumers).toEqual([{ name: 'writer', seq: 2 }]);
      expect(status.bytes).toBeGreaterThan(20_000);
      await journal.close();
      expect(journal.status()).toMatchObject({ writable: false, failure: 'The journal is closed.' });
    });
  });
}
