/** A number as JSON that reads back as the same double, with −0, which JSON.stringify drops; null for what is no number. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return Object.is(value, -0) ? '-0' : String(value);
}
