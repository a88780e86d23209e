const UNITS: Readonly<Record<string, string>> = {
  Cel: '°C',
  '1': '',
  deg: '°',
  'dB[SPL]': 'dB',
  'm[H2O]': 'mH₂O',
  min: 'min',
};

/** A UCUM code as people write the unit: "ug/m3" → "µg/m³", "{vehicles}/h" → "vehicles/h". */
export function unitText(ucum: string | null): string {
  if (ucum === null) return '';
  return (
    UNITS[ucum] ??
    ucum
      .replace(/[{}]/g, '')
      .replace(/\bug\b/g, 'µg')
      .replace(/([a-zA-Zµ])2\b/g, '$1²')
      .replace(/([a-zA-Zµ])3\b/g, '$1³')
  );
}

/** Three significant digits, more where the whole part has them. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const whole = Math.abs(value) >= 1 ? Math.floor(Math.log10(Math.abs(value))) + 1 : 1;
  return value.toLocaleString('en-GB', { maximumFractionDigits: Math.max(0, 3 - whole) });
}

/** A state by its name where the metric has names and the value is one of them. */
export function valueText(
  value: number,
  unit: string | null,
  states?: Readonly<Record<string, string>> | null,
): string {
  const state = states?.[String(value)];
  return state ?? `${numberText(value)} ${unitText(unit)}`.trimEnd();
}

/** What a mean of several devices says: states have none, so of those the one they share, or how many are on. */
export function meanText(
  { mean, min, max }: { readonly mean: number; readonly min: number; readonly max: number },
  unit: string | null,
  states: Readonly<Record<string, string>> | null,
): string {
  if (states === null || min === max) return valueText(mean, unit, states);
  const isSwitch = Object.keys(states).every((value) => value === '0' || value === '1');
  return isSwitch && min >= 0 && max <= 1 ? `${numberText(mean * 100)} % ${states['1'] ?? 'on'}` : 'mixed';
}

/** "40 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [number, string, number, string] =
    seconds < 3600
      ? [0, '', Math.floor(seconds / 60), 'min']
      : seconds < 86_400
        ? [Math.floor(seconds / 3600), 'h', Math.floor(seconds / 60) % 60, 'min']
        : [Math.floor(seconds / 86_400), 'd', Math.floor(seconds / 3600) % 24, 'h'];
  if (seconds < 60) return `${seconds} s`;
  const [large, largeUnit, small, smallUnit] = parts;
  return [large > 0 ? `${large} ${largeUnit}` : '', small > 0 ? `${small} ${smallUnit}` : ''].filter(Boolean).join(' ');
}

/** "40 s", "12 min", "3 h", "2 d". */
export function roughly(ms: number): string {
  return durationText(ms).split(' ').slice(0, 2).join(' ');
}

/** Times as the hub's city reads them. */
export class CityTime {
  readonly zone: string;
  readonly #clock: Intl.DateTimeFormat;
  readonly #minute: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;

  constructor(zone: string) {
    this.zone = zone;
    const time = { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    this.#minute = new Intl.DateTimeFormat('en-GB', time);
    this.#clock = new Intl.DateTimeFormat('en-GB', { ...time, second: '2-digit' });
    this.#day = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short' });
  }

  clock(time: number): string {
    return this.#clock.format(time);
  }

  minute(time: number): string {
    return this.#minute.format(time);
  }

  day(time: number): string {
    return this.#day.format(time);
  }

  /** With the day where it is another than that of `now`. */
  moment(time: number, now: number): string {
    const day = this.day(time);
    return day === this.day(now) ? this.clock(time) : `${day}, ${this.minute(time)}`;
  }
}
