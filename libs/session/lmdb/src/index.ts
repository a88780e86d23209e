export * from './open-lmdb-session-store.ts';
