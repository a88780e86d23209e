import type { DeviceKind, Surroundings } from '../device-kind.ts';
import { bell, hourOf } from '../rhythm.ts';

const TOPICS = ['roads', 'water', 'power', 'noise', 'waste', 'flooding'] as const;
type Topic = (typeof TOPICS)[number];

/** Calls of five minutes on an ordinary day at noon. */
const EVERYDAY: Readonly<Record<Topic, number>> = {
  roads: 0.7,
  water: 0.3,
  power: 0.2,
  noise: 0.4,
  waste: 0.5,
  flooding: 0.05,
};
const CALLS = { unit: '{call}', min: 0, max: 1000, decimals: 0 } as const;

/** The district's desk of the city's hotline: calls since the last report, in all and by topic. */
export const hotline: DeviceKind = {
  type: 'hotline',
  domain: 'civic',
  prefix: 'line',
  title: 'Hotline desk',
  intervalMs: 300_000,
  hasBattery: true,
  metrics: {
    calls: CALLS,
    roads_calls: CALLS,
    water_calls: CALLS,
    power_calls: CALLS,
    noise_calls: CALLS,
    waste_calls: CALLS,
    flooding_calls: CALLS,
  },
  sense(eventTime, surroundings) {
    const awake = 0.25 + 0.75 * bell(hourOf(eventTime), 14, 4.5);
    const causes = causesOf(eventTime, surroundings);
    const values: Record<string, number> = { calls: 0 };
    for (const topic of TOPICS) {
      const expected = EVERYDAY[topic] * awake + (causes[topic] ?? 0) * (0.5 + 0.5 * awake);
      const spread = Math.sqrt(expected) * surroundings.own.normal(topic, eventTime);
      const calls = Math.max(0, Math.round(expected + spread));
      values[`${topic}_calls`] = calls;
      values.calls! += calls;
    }
    return values;
  },
};

/** What makes people call who otherwise would not, in calls of five minutes. */
function causesOf(eventTime: number, { here }: Surroundings): Partial<Record<Topic, number>> {
  const rain = here.rain(eventTime);
  const crowd = here.crowd(eventTime);
  return {
    roads: 14 * here.onTheMove(eventTime) + 6 * here.stayingIn(eventTime),
    water: 40 * here.leak(eventTime),
    power: 45 * (1 - here.power(eventTime)),
    noise: 34 * crowd,
    flooding: 40 * Math.min(1.5, Math.max(0, rain - 6) / 14),
  };
}
