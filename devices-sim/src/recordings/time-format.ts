import type { WallTime } from '@seawall/calendar';

const TOKENS: Readonly<Record<string, { readonly field: keyof WallTime; readonly pattern: string }>> = {
  yyyy: { field: 'year', pattern: '\\d{4}' },
  MM: { field: 'month', pattern: '\\d{2}' },
  M: { field: 'month', pattern: '\\d{1,2}' },
  dd: { field: 'day', pattern: '\\d{2}' },
  d: { field: 'day', pattern: '\\d{1,2}' },
  HH: { field: 'hour', pattern: '\\d{2}' },
  H: { field: 'hour', pattern: '\\d{1,2}' },
  mm: { field: 'minute', pattern: '\\d{2}' },
  ss: { field: 'second', pattern: '\\d{2}' },
  SSS: { field: 'millisecond', pattern: '\\d{3}' },
};

/**
 * A reader of local times written like "d/M/yyyy HH:mm:ss"; other characters stand for themselves.
 * @returns undefined if the format lacks year, month or day, or names one thing twice
 */
export function wallTimeReader(format: string): ((text: string) => WallTime | undefined) | undefined {
  const fields: (keyof WallTime)[] = [];
  const pattern = format.replace(/yyyy|MM?|dd?|HH?|mm|ss|SSS|[^]/g, (part) => {
    const token = TOKENS[part];
    if (token === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    fields.push(token.field);
    return `(${token.pattern})`;
  });
  const complete = (['year', 'month', 'day'] as const).every((field) => fields.includes(field));
  if (!complete || new Set(fields).size !== fields.length) return undefined;
  const expression = new RegExp(`^${pattern}$`);
  return (text) => {
    const match = expression.exec(text);
    if (match === null) return undefined;
    return Object.fromEntries(fields.map((field, i) => [field, Number(match[i + 1])])) as unknown as WallTime;
  };
}
