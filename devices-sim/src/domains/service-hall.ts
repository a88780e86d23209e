import type { DeviceKind } from '../device-kind.ts';
import { bell, hourOf } from '../rhythm.ts';

const OPENS_HOUR = 8;
const CLOSES_HOUR = 17;
const MINUTES_PER_CASE = 9;

/** The ticket machine of a service hall: who waits, for how long, at how many counters. Closed on days of rest. */
export const serviceHall: DeviceKind = {
  type: 'service-hall',
  domain: 'civic',
  prefix: 'hall',
  title: 'Service hall',
  intervalMs: 300_000,
  hasBattery: false,
  metrics: {
    queue: { unit: '{person}', min: 0, max: 300, decimals: 0 },
    wait: { unit: 'min', min: 0, max: 480, decimals: 1 },
    counters: { unit: '{counter}', min: 0, max: 20, decimals: 0 },
  },
  sense(eventTime, { own, here }) {
    const hour = hourOf(eventTime);
    const isOpen = !here.isRestDay(eventTime) && hour >= OPENS_HOUR && hour < CLOSES_HOUR;
    if (!isOpen) return { queue: 0, wait: 0, counters: 0 };
    const counters = Math.round(own.trait('counters', 3, 8)) - (hour >= 12 && hour < 13 ? 1 : 0);
    const visitors = 0.5 + 1.6 * bell(hour, 9.5, 1.2) + 1.2 * bell(hour, 13.5, 1.3);
    const people = counters * visitors * (1 - here.stayingIn(eventTime)) * (1 + 0.25 * own.normal('queue', eventTime));
    const queue = Math.max(0, Math.round(people));
    return { queue, wait: (queue * MINUTES_PER_CASE) / counters, counters };
  },
};
