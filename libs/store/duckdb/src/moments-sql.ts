/** Powers of two, so that scaling by them loses nothing of the values it is for. */
const SUM_SCALE = 2 ** 64;
const SQUARE_SCALE = 2 ** 600;
/** Up to here the squares of any number of deviations add up to a double. */
const MAX_SQUARABLE = 2 ** 470;

/** A sum; where the plain one overflows, also on its way, one of values made smaller; NaN if the sum itself does. */
export function sumSql(column = 'value'): string {
  return finite(rescued('fsum', column));
}

/** A mean, in the same way; that of finite values always is a number. */
export function meanSql(): string {
  return finite(rescued('favg', 'value'));
}

/** The engine refuses the whole statement when squares overflow, so what is too large for it never reaches it unscaled. */
export function stddevSql(): string {
  const squarable = `CASE WHEN abs(value) < ${double(MAX_SQUARABLE)} THEN value END`;
  const scaled = `stddev_samp(value * ${double(1 / SQUARE_SCALE)}) * ${double(SQUARE_SCALE)}`;
  return finite(`CASE WHEN count(*) = count(${squarable}) THEN stddev_samp(${squarable}) ELSE ${scaled} END`);
}

function rescued(aggregate: 'fsum' | 'favg', column: string): string {
  const scaled = `${aggregate}(${column} * ${double(1 / SUM_SCALE)}) * ${double(SUM_SCALE)}`;
  return `CASE WHEN isfinite(${aggregate}(${column})) THEN ${aggregate}(${column}) ELSE ${scaled} END`;
}

/** What is no number, or none yet, is NaN. */
function finite(expression: string): string {
  return `CASE WHEN isfinite(${expression}) THEN ${expression} ELSE 'NaN'::DOUBLE END`;
}

/** With an exponent, so that it is read as a double and not as a decimal. */
function double(value: number): string {
  return value.toExponential();
}
