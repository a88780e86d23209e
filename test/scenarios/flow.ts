import { durationMs, wallTimeToEpochMs, zoned } from '@seawall/calendar';
import type { DeviceDescription } from '@seawall/model';
import type { Origin } from '@seawall/ports';

/** A flow as its file has it; see flows/README.md for what the fields mean. */
export interface FlowFile {
  readonly about: string;
  readonly day: string;
  readonly timeZone?: string;
  readonly delay?: string;
  readonly idleAfter?: string;
  readonly lateness?: string;
  readonly until: string;
  readonly rule: unknown;
  readonly metric?: string;
  readonly devices?: Readonly<Record<string, DeviceDescription>>;
  readonly readings: string;
  readonly events?: string;
  readonly windows?: string;
  readonly transitions: string;
  readonly late?: number;
}

export interface Arrival {
  readonly arrives: number;
  readonly device: string;
  /** Event time. */
  readonly time: number;
  readonly value: number;
  readonly origin: Origin;
}

/** Something else that happens, in words: "hub stops", "aq-1 is out of service". */
export interface Happening {
  readonly at: number;
  readonly what: string;
}

/** Reads and writes the times of a flow: wall-clock times of its day, in its zone. */
export class FlowTimes {
  readonly #day: string;
  readonly #timeZone: string;

  constructor({ day, timeZone = 'UTC' }: FlowFile) {
    this.#day = day;
    this.#timeZone = timeZone;
  }

  /** "13:05", "13:05:10" or "+1d/00:30". @returns epoch ms */
  parse(text: string): number {
    const match = /^(?:\+(\d)d\/)?(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
    if (match === null) throw new Error(`This is no time of a flow: ${text}`);
    const date = new Date(`${this.#day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + Number(match[1] ?? 0));
    const [hour, minute, second] = [match[2], match[3], match[4] ?? 0].map(Number) as [number, number, number];
    const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    return wallTimeToEpochMs({ year, month, day: dayOfMonth, hour, minute, second }, this.#timeZone);
  }

  /** @param time RFC 3339 or epoch ms */
  show(time: string | number): string {
    const at = zoned(typeof time === 'string' ? Date.parse(time) : time, this.#timeZone);
    const days = (Date.parse(at.toPlainDate().toString()) - Date.parse(this.#day)) / 86_400_000;
    const unit = at.millisecond > 0 ? 'millisecond' : at.second > 0 ? 'second' : 'minute';
    const clock = at.toPlainTime().toString({ smallestUnit: unit });
    return days === 0 ? clock : `+${days}d/${clock}`;
  }
}

const READING =
  /^(?<from>\S+)(?: to (?<to>\S+) every (?<every>\S+))?\s+(?<devices>\S+)\s+(?<value>-?[\d.]+)(?:\s+arrives (?<arrives>\S+))?(?<imported>\s+imported)?$/;

/** What arrives, in order: "12:00 to 13:00 every 10m  aq-1  187" or "12:07  aq-1,aq-2  187  arrives 12:20". */
export function arrivalsOf({ readings }: FlowFile, times: FlowTimes): Arrival[] {
  return lines(readings)
    .flatMap((line) => arrivalsOfLine(line, times))
    .sort((a, b) => a.arrives - b.arrives);
}

function arrivalsOfLine(line: string, times: FlowTimes): Arrival[] {
  const match = READING.exec(line)?.groups;
  if (match === undefined) throw new Error(`This is no reading of a flow: ${line}`);
  const start = times.parse(match['from']!);
  const end = match['to'] === undefined ? start + 1 : times.parse(match['to']);
  const step = durationMs(match['every'] ?? '1d');
  const origin = match['imported'] === undefined ? 'live' : 'import';
  const made: Arrival[] = [];
  for (let time = start; time < end; time += step) {
    const arrives = match['arrives'] === undefined ? time : times.parse(match['arrives']);
    for (const device of match['devices']!.split(',')) {
      made.push({ device, time, value: Number(match['value']), arrives, origin });
    }
  }
  return made;
}

/** "12:10  hub stops". */
export function happeningsOf({ events = '' }: FlowFile, times: FlowTimes): Happening[] {
  return lines(events).map((line) => {
    const [at, what] = [line.slice(0, line.search(/\s/)), line.slice(line.search(/\s/)).trim()];
    return { at: times.parse(at), what };
  });
}

/** The lines that say something. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
