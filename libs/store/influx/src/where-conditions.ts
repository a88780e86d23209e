import { compilePatterns, type Where } from '@seawall/model';
import type { Catalogue } from './catalogue.ts';
import { allOf, anyOf, globRegex, string, tag } from './influx-ql.ts';
import { DEVICE_TAG, tagName, tagValue } from './influx-names.ts';

/** The conditions of a `Where` on tags; `domain` is a measurement, and none of them. */
export function whereConditions(where: Where, catalogue: Catalogue): readonly string[] {
  return Object.entries(where)
    .filter(([key]) => key !== 'domain')
    .flatMap(([key, patterns]) => conditionsOf(key, patterns, catalogue));
}

/** A tag that is not there is to InfluxDB one with empty text: it equals nothing, and is excluded by nothing. */
function conditionsOf(key: string, patterns: readonly string[], catalogue: Catalogue): readonly string[] {
  const column = columnOf(key);
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const matching = (pattern: string, is: string, isLike: string) => {
    if (!pattern.includes('*')) return [`${column} ${is} ${string(tagValue(pattern))}`];
    if (catalogue.isPlain(key)) return [`${column} ${isLike} ${globRegex(pattern)}`];
    // Some values are stored as something else: those that match are listed.
    const admits = compilePatterns([pattern]);
    return [...catalogue.valuesOf(key)].filter(admits).map((value) => `${column} ${is} ${string(tagValue(value))}`);
  };
  const any = wanted.flatMap((pattern) => matching(pattern, '=', '=~'));
  return [...(wanted.length > 0 ? [anyOf(any)] : []), ...excluded.flatMap((pattern) => matching(pattern, '!=', '!~'))];
}

/** The readings of any of these. */
export function devicesCondition(devices: readonly string[]): string {
  return anyOf(devices.map((device) => `${tag(DEVICE_TAG)} = ${string(tagValue(device))}`));
}

/** The readings of any of these groups: of each name its value, or undefined where it is not there. */
export function groupsCondition(
  names: readonly string[],
  groups: readonly (readonly (string | undefined)[])[],
): string {
  return anyOf(
    groups.map((values) =>
      allOf(
        names.map((name, i) => `${columnOf(name)} = ${string(values[i] === undefined ? '' : tagValue(values[i]))}`),
      ),
    ),
  );
}

/** The tag of a label, or of the device. */
export function columnOf(name: string): string {
  return tag(name === 'device' ? DEVICE_TAG : tagName(name));
}
