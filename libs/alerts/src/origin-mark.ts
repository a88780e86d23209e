import type { Origin } from '@seawall/ports';

/** By mark: what notifies wins over what does not, whichever of a window's readings came first. */
export const ORIGINS: readonly Origin[] = ['import', 'replay', 'live'];

/** The mark of what happens now. */
export const LIVE = ORIGINS.indexOf('live');
