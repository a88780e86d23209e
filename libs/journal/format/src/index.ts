export * from './entry-codec.ts';
export * from './errors.ts';
