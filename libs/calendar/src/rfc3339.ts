const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * RFC 3339 as epoch ms, kept to the microsecond. A leap second (":60") is the second that follows.
 * @returns undefined if the text is not RFC 3339 or names no real date
 */
export function parseRfc3339(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? -60_000 : 60_000);
  const whole = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - offset;
  const micros = Math.floor(Number((match[7] ?? '').padEnd(9, '0')) / 1000);
  return whole + micros / 1000;
}

/** Epoch ms as RFC 3339 in UTC: three decimals, six where there are microseconds. */
export function formatRfc3339(time: number): string {
  const whole = Math.floor(time);
  const text = new Date(whole).toISOString();
  const micros = Math.round((time - whole) * 1000);
  if (micros === 0) return text;
  if (micros === 1000) return new Date(whole + 1).toISOString();
  return `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
