/**
 * The one place that makes text of InfluxQL out of names, values, patterns and times. InfluxDB's client has no escaping
 * for it, and nothing that a user wrote gets into a statement in any other way.
 */

/** A measurement, a tag or a field: `"a ""b"` is written `"a \"b"`. */
export function identifier(name: string): string {
  return `"${name.replace(/[\\"\n]/g, escaped)}"`;
}

export function tag(name: string): string {
  return `${identifier(name)}::tag`;
}

export function field(name: string): string {
  return `${identifier(name)}::field`;
}

/** `"raw"."environment"` */
export function measurementOf(policy: string, name: string): string {
  return `${identifier(policy)}.${identifier(name)}`;
}

export function string(value: string): string {
  return `'${value.replace(/[\\'\n]/g, escaped)}'`;
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

/**
 * The regular expression of a glob, `*` being any text: `/^aq-.*$/`. Of stars alone it demands one character, since to
 * InfluxDB a tag that is not there is empty text.
 */
export function globRegex(glob: string): string {
  if (/^\*+$/.test(glob)) return '/./';
  const parts = glob.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return `/^${parts.join('.*')}$/`;
}

/** What InfluxDB can tell of time, in microseconds: int64 nanoseconds. */
const MOST_MICROS = 9_223_372_036_854_775;

/** A moment in whole microseconds of the epoch. */
export function moment(micros: number): string {
  return `${Math.min(MOST_MICROS, Math.max(-MOST_MICROS, micros))}u`;
}

/** `[from, to)`, in whole microseconds of the epoch. */
export function within(from: number, to: number): string {
  return `time >= ${moment(from)} AND time < ${moment(to)}`;
}

/** `time(5m)` with buckets that begin at `origin` and every `length` before and after it; whole microseconds. */
export function bucketsOf(origin: number, length: number): string {
  const offset = ((origin % length) + length) % length;
  return `time(${length}u, ${offset}u)`;
}

/** Any of them, as a balanced tree: InfluxDB takes minutes for a chain of twenty thousand. */
export function anyOf(conditions: readonly string[]): string {
  if (conditions.length === 0) return '1 = 0';
  if (conditions.length === 1) return conditions[0]!;
  const middle = conditions.length >>> 1;
  return `(${anyOf(conditions.slice(0, middle))} OR ${anyOf(conditions.slice(middle))})`;
}

export function allOf(conditions: readonly string[]): string {
  return conditions.map((condition) => `(${condition})`).join(' AND ');
}
