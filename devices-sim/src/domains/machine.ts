import type { DeviceKind, Surroundings } from '../device-kind.ts';
import { hourOf } from '../rhythm.ts';

const STOPPED = 0;
const IDLE = 1;
const RUNNING = 2;
const FAULT = 3;
/** A machine keeps its state for a quarter of an hour at least. */
const QUARTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
/** After a power cut somebody must go from machine to machine and start it. */
const RESTART_MS = 30 * 60_000;
/** Part of the rated power that each state draws. */
const DRAWS: Readonly<Record<number, number>> = { [STOPPED]: 0.02, [IDLE]: 0.25, [RUNNING]: 1, [FAULT]: 0.1 };

/** A machine of a plant; two shifts on working days, or day and night. Its control has a battery. */
export const machine: DeviceKind = {
  type: 'machine',
  domain: 'industry',
  prefix: 'mach',
  title: 'Machine',
  intervalMs: 120_000,
  hasBattery: true,
  districts: ['kilnside', 'harbourside', 'millrace', 'old-quay'],
  metrics: {
    state: { unit: '1', min: 0, max: 3, decimals: 0, states: { 0: 'stopped', 1: 'idle', 2: 'running', 3: 'fault' } },
    output: { unit: '{item}/h', min: 0, max: 2000, decimals: 0 },
    power: { unit: 'kW', min: 0, max: 500, decimals: 2 },
    energy: { unit: 'kW.h', min: 0, max: 12_000, decimals: 2 },
  },
  sense(eventTime, surroundings) {
    const { own } = surroundings;
    const state = stateAt(eventTime, surroundings);
    const perHour = own.trait('output', 80, 900) * (1 + 0.03 * own.normal('output', eventTime));
    return {
      state,
      output: state === RUNNING ? perHour : 0,
      power: powerAt(eventTime, surroundings),
      energy: energyToday(eventTime, surroundings),
    };
  },
};

function stateAt(eventTime: number, { own, here }: Surroundings): number {
  if (here.power(eventTime) === 0) return STOPPED;
  if (here.powerIsBackSince(eventTime, RESTART_MS)) return FAULT;
  const hour = hourOf(eventTime);
  const isManned = own.trait('shifts', 0, 1) < 0.3 || (!here.isRestDay(eventTime) && hour >= 6 && hour < 22);
  if (!isManned) return STOPPED;
  return own.uniform('pause', Math.floor(eventTime / QUARTER_MS)) < 0.12 ? IDLE : RUNNING;
}

function powerAt(eventTime: number, surroundings: Surroundings): number {
  const { own, here } = surroundings;
  return own.trait('rated', 15, 220) * DRAWS[stateAt(eventTime, surroundings)]! * here.power(eventTime);
}

/** kWh since midnight, by quarters of an hour: the power in the middle of each stands for all of it. */
function energyToday(eventTime: number, surroundings: Surroundings): number {
  let energy = 0;
  for (let quarter = Math.floor(eventTime / DAY_MS) * DAY_MS; quarter < eventTime; quarter += QUARTER_MS) {
    const hours = Math.min(QUARTER_MS, eventTime - quarter) / 3_600_000;
    energy += hours * powerAt(quarter + QUARTER_MS / 2, surroundings);
  }
  return energy;
}
