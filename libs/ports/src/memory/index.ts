export {};
export * from './memory-journal.ts';
export * from './memory-registry.ts';
export * from './memory-session-store.ts';
export * from './memory-channel.ts';
export * from './memory-series-store.ts';
