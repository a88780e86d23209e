const MINUTE = 60_000;
const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, number>();

/** What the clocks of a zone show, as epoch ms of the same figures in UTC; by `Intl`, which no code of Seawall's asks. */
export function wallOf(zone: string, time: number): number {
  const key = `${zone} ${time}`;
  const wall = known.get(key) ?? askedWall(zone, time);
  known.set(key, wall);
  return wall;
}

function askedWall(zone: string, time: number): number {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const; // prettier-ignore
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields });
  formats.set(zone, format);
  const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = part as Record<keyof typeof fields, number>;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (time - Math.floor(time / 1000) * 1000);
}

/** When the clocks show a time: once, twice, or never. */
export function instantsOf(zone: string, wall: number): number[] {
  const offsets = [-36, 36].map((hours) => {
    const near = Math.floor(wall / MINUTE) * MINUTE + hours * 60 * MINUTE;
    return wallOf(zone, near) - near;
  });
  const found = offsets.map((offset) => wall - offset).filter((time) => wallOf(zone, time) === wall);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** When the clocks show a time for the first time or, where they skip it, the first after it. */
export function firstInstant(zone: string, wall: number): number {
  let at = wall;
  for (;;) {
    const [first] = instantsOf(zone, at);
    if (first !== undefined) return first;
    at = (Math.floor(at / (15 * MINUTE)) + 1) * 15 * MINUTE;
  }
}

/** Whether the clocks have shown the same before. */
export function isSecond(zone: string, time: number): boolean {
  return instantsOf(zone, wallOf(zone, time))[0]! < time;
}

/** The local date of a time, as epoch ms of its midnight in UTC. */
export function dateOf(zone: string, time: number): number {
  return Math.floor(wallOf(zone, time) / DAY) * DAY;
}

export function midnight(zone: string, date: number): number {
  return firstInstant(zone, date);
}
