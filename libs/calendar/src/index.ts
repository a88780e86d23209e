export * from './duration.ts';
export * from './grid.ts';
export * from './rfc3339.ts';
export * from './zone.ts';
