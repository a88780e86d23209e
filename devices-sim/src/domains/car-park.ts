import type { DeviceKind } from '../device-kind.ts';
import { bell, hourOf } from '../rhythm.ts';
import type { Noise } from '../noise.ts';
import type { LocalWorld } from '../world/local-world.ts';

/** A counter at a car park's gates. Everyday use leaves spaces free; a crowd takes them. */
export const carPark: DeviceKind = {
  type: 'car-park',
  domain: 'traffic',
  prefix: 'park',
  title: 'Car park',
  intervalMs: 300_000,
  hasBattery: false,
  metrics: {
    free: { unit: '{space}', min: 0, max: 600, decimals: 0 },
    occupied: { unit: '{space}', min: 0, max: 600, decimals: 0 },
    fill: { unit: '%', min: 0, max: 100, decimals: 1 },
  },
  sense(eventTime, { own, here }) {
    const spaces = Math.round(own.trait('spaces', 80, 600));
    const crowd = 0.985 * Math.min(1, here.crowd(eventTime));
    const everyday = everydayFill(eventTime, own, here);
    const fill = everyday + (1 - everyday) * crowd + 0.008 * own.normal('fill', eventTime);
    const occupied = Math.round(spaces * Math.min(1, Math.max(0, fill)));
    return { free: spaces - occupied, occupied, fill: (100 * occupied) / spaces };
  },
};

/** 0.05 to 0.8: offices fill it on working days, shops on days of rest. */
function everydayFill(eventTime: number, own: Noise, here: LocalWorld): number {
  const hour = hourOf(eventTime);
  const offices = own.trait('offices', 0.35, 0.6) * bell(hour, 12, 3.2);
  const shops = own.trait('shops', 0.2, 0.45) * bell(hour, 15, 3);
  const guests = (here.isRestDay(eventTime) ? shops : offices) * (1 - here.stayingIn(eventTime));
  return 0.12 + guests + 0.06 * own.smooth('fill', eventTime, 5_400_000);
}
