export * from './aggregates/index.ts';
export * from './event-time-windows.ts';
export { Picks } from './picks.ts';
export { SegmentPool } from './segment-pool.ts';
export { secondOf, SecondWheel } from './second-wheel.ts';
export * from './series-runs.ts';
export { MAX_SLICES_PER_WINDOW, slicesPerWindow } from './window-grid.ts';
export * from './window-set.ts';
export type * from './window-types.ts';
