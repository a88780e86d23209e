export * from './answers.ts';
export {};
export * from './registry-contract.ts';
export * from './channel-contract.ts';
export * from './journal-contract.ts';
export * from './series-store-brute-force-contract.ts';
export * from './series-store-contract.ts';
export * from './session-store-contract.ts';
