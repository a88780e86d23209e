export {};
export * from './registry-contract.ts';
export * from './channel-contract.ts';
export * from './journal-contract.ts';
