export {};
export * from './registry-contract.ts';
export * from './channel-contract.ts';
