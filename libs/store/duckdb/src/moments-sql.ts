/** Powers of two, so that scaling by them loses nothing of the values it is for. */
export const SUM_SCALE = 2 ** 64;
export const SQUARE_SCALE = 2 ** 600;
/** Up to here the squares of any number of deviations add up to a double. */
export const MAX_SQUARABLE = 2 ** 470;

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
  const scaled = `stddev_samp(value * ${double(1 / SQUARE_SCALE)}) * ${double(SQUARE_SCALE)}`;
  return finite(`CASE WHEN count(*) = count(${SQUARABLE}) THEN stddev_samp(${SQUARABLE}) ELSE ${scaled} END`);
}

const SQUARABLE = `CASE WHEN abs(value) < ${double(MAX_SQUARABLE)} THEN value END`;

/** A sum of values made smaller by SUM_SCALE. */
export function scaledSumSql(): string {
  return `fsum(value * ${double(1 / SUM_SCALE)})`;
}

/** The sum of squared deviations from the mean; null where squares might overflow, which `scaledPartSquaresSql` takes on. */
export function partSquaresSql(): string {
  return `CASE WHEN count(*) = count(${SQUARABLE}) THEN coalesce(var_samp(${SQUARABLE}), 0) * (count(*) - 1) END`;
}

/** The same of values made smaller by SQUARE_SCALE; null where there is no need. */
export function scaledPartSquaresSql(): string {
  const scaled = `coalesce(var_samp(value * ${double(1 / SQUARE_SCALE)}), 0) * (count(*) - 1)`;
  return `CASE WHEN count(*) = count(${SQUARABLE}) THEN NULL ELSE ${scaled} END`;
}

function rescued(aggregate: 'fsum' | 'favg', column: string): string {
  const scaled = `${aggregate}(${column} * ${double(1 / SUM_SCALE)}) * ${double(SUM_SCALE)}`;
  return `CASE WHEN isfinite(${aggregate}(${column})) THEN ${aggregate}(${column}) ELSE ${scaled} END`;
}

/** What is no number, or none yet, is NaN. */
export function finite(expression: string): string {
  return `CASE WHEN isfinite(${expression}) THEN ${expression} ELSE 'NaN'::DOUBLE END`;
}

/** With an exponent, so that it is read as a double and not as a decimal. */
export function double(value: number): string {
  return value.toExponential();
}
