/** What stands behind the whole part of a number with so many thousandths. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, n) =>
  n === 0 ? '' : `.${String(n).padStart(3, '0')}`.replace(/0+$/, ''),
);

/**
 * A number as JSON that reads back as the same double, with −0, which JSON.stringify drops; null for what is no number.
 * It is what `String` gives. Integers and up to three decimals, which most times and readings are, get there by small
 * integers, in a quarter of the time: with fewer than 16 digits no other decimal reads back as the same double.
 */
export function numberText(value: number): string {
  if (Math.floor(value) === value) return integerText(value);
  const thousandths = Math.round(value * 1000);
  if ((thousandths | 0) === thousandths && thousandths / 1000 === value) return decimalText(thousandths);
  return Number.isFinite(value) ? String(value) : 'null';
}

function integerText(value: number): string {
  if ((value | 0) === value) return Object.is(value, -0) ? '-0' : String(value | 0);
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) {
    const millions = Math.floor(value / 1e6);
    return String(millions) + String((value - millions * 1e6 + 1e6) | 0).slice(1);
  }
  return Number.isFinite(value) ? String(value) : 'null';
}

function decimalText(thousandths: number): string {
  const size = Math.abs(thousandths);
  const whole = (size / 1000) | 0;
  return (thousandths < 0 ? '-' : '') + String(whole) + THOUSANDTHS[size - whole * 1000]!;
}
