export {};
export * from './memory-journal.ts';
