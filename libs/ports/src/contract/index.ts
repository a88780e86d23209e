export {};
export * from './registry-contract.ts';
