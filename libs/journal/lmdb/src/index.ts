export { openLmdbJournal, type LmdbJournalOptions } from './lmdb-journal.ts';
