import { journalContract } from '../contract/journal-contract.ts';
import { createMemoryJournal } from './memory-journal.ts';

journalContract('the memory journal', async (options) => {
  const journal = createMemoryJournal(options);
  return { journal, dispose: () => journal.close() };
});
