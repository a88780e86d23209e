import type { DeviceKind } from '../device-kind.ts';

const DAY_MS = 86_400_000;
const EMPTIED_AT_MS = 6 * 3_600_000;

/** A public bin with a fill-level sensor: fills by day, is emptied every second or third morning; crowds fill it. */
export const wasteBin: DeviceKind = {
  type: 'waste-bin',
  domain: 'utility',
  prefix: 'bin',
  title: 'Waste bin',
  intervalMs: 900_000,
  hasBattery: true,
  metrics: {
    fill: { unit: '%', min: 0, max: 100, decimals: 0 },
    temperature: { unit: 'Cel', min: -40, max: 90, decimals: 1 },
  },
  sense(eventTime, { own, here }) {
    const everyMs = (own.trait('round', 0, 1) < 0.5 ? 2 : 3) * DAY_MS;
    const phaseMs = EMPTIED_AT_MS + Math.floor(own.trait('day', 0, 3)) * DAY_MS;
    const emptied = Math.floor((eventTime - phaseMs) / everyMs) * everyMs + phaseMs;
    const everyday = own.trait('waste', 45, 75) * (dayTime(eventTime - emptied) / dayTime(everyMs));
    return {
      fill: 3 + everyday + 14 * here.crowdHours(emptied, eventTime) + own.normal('fill', eventTime),
      temperature: here.temperature(eventTime) + 7 * here.daylight(eventTime) + 0.3 * own.normal('heat', eventTime),
    };
  },
};

/** What of a time since six in the morning people were about in: none of the last eight hours of a day. */
function dayTime(elapsedMs: number): number {
  const days = Math.floor(elapsedMs / DAY_MS);
  return days + Math.min(1, (elapsedMs / DAY_MS - days) * 1.5);
}
