import type { DeviceKind } from '../device-kind.ts';
import { roadLoad } from './road-load.ts';

const DARK = 0;
const RED = 1;
const AMBER = 2;
const GREEN = 3;

/** A signalised junction. Its controller has a battery: it can still say that its lamps are dark. */
export const signal: DeviceKind = {
  type: 'signal',
  domain: 'traffic',
  prefix: 'sig',
  title: 'Traffic signal',
  intervalMs: 120_000,
  hasBattery: true,
  metrics: {
    state: { unit: '1', min: 0, max: 3, decimals: 0, states: { 0: 'dark', 1: 'red', 2: 'amber', 3: 'green' } },
    cycle: { unit: 's', min: 0, max: 180, decimals: 0 },
    queue: { unit: '{veh}', min: 0, max: 200, decimals: 0 },
  },
  sense(eventTime, { own, here }) {
    const load = roadLoad(eventTime, own, here);
    const turn = own.uniform('turn', eventTime);
    const state = here.power(eventTime) === 0 ? DARK : turn < 0.45 ? GREEN : turn < 0.5 ? AMBER : RED;
    const waiting = load * (state === GREEN ? 4 : 11) + (state === DARK ? 6 : 0);
    return {
      state,
      cycle: state === DARK ? 0 : cycleOf(load),
      queue: waiting * (1 + 0.3 * own.normal('queue', eventTime)),
    };
  },
};

/** Three plans: night, day, rush hour. */
function cycleOf(load: number): number {
  if (load < 0.25) return 60;
  return load < 0.7 ? 90 : 110;
}
