/** A number as JSON that reads back as the same double, with −0, which JSON.stringify drops; null for NaN. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
