import { formatRfc3339 } from '@seawall/calendar';
import { spanText } from '../amounts.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';

export interface ClockFacts {
  /** The system's clock, epoch ms. */
  readonly now: number;
  /** The stamp of the journal's last entry, epoch ms; undefined where it could not be read. */
  readonly lastStamp: number | undefined;
  /** Whether a hub runs: then the last stamp is that of a tick of this very second. */
  readonly running: boolean;
}

/** Seawall's first release: a clock before it has not been set. */
const EARLIEST = Date.UTC(2026, 0, 1);
const BACK_MS = 2_000;
const SILENT_MS = 15_000;

/** Whether time is right can't be known without another clock; whether it has gone back, the journal knows. */
export function checkClock({ now, lastStamp, running }: ClockFacts): readonly Finding[] {
  if (now < EARLIEST) return [attention('clock', `The clock says ${formatRfc3339(now)}: it is not set.`, SET)];
  if (lastStamp === undefined || lastStamp === 0)
    return [unknown('clock', `The clock says ${formatRfc3339(now)}; there is no journal to compare it with.`, COMPARE)];
  const ahead = lastStamp - now;
  if (ahead > BACK_MS) {
    const says = `The clock says ${formatRfc3339(now)}, but the journal's last entry is of ${formatRfc3339(lastStamp)}: the clock has gone back by ${spanText(ahead)}, or was fast then.`;
    const todo = `${SET} Until it has passed that time, stamps go on a tenth slower than time, and times of alerts are ahead.`;
    return [attention('clock', says, todo)];
  }
  if (running && -ahead > SILENT_MS) {
    const says = `The running hub journalled its last entry ${spanText(-ahead)} ago, though it ticks every second.`;
    return [
      attention(
        'clock',
        says,
        'Look at its log and at /readyz: either the journal takes nothing, or the clock has leapt.',
      ),
    ];
  }
  return [
    ok(
      'clock',
      `The clock (${formatRfc3339(now)}) is not behind the journal's last entry (${formatRfc3339(lastStamp)}). Time servers were not asked.`,
    ),
  ];
}

const SET = 'Set the clock, and let a time service (chrony, systemd-timesyncd) keep it.';
const COMPARE = 'Compare it with another clock; readings further ahead than 5 minutes are rejected.';
