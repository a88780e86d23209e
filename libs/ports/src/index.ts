export * from './acceptance.ts';
export * from './channel.ts';
export * from './fold-device.ts';
export * from './journal-entry.ts';
export * from './journal.ts';
export * from './registry.ts';
export * from './series-store.ts';
export * from './session-store.ts';
