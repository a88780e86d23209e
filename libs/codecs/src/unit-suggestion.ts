/**
 * What people write for the units that cities measure in, in lower case, and the UCUM code that says it. Spellings that
 * are a unit of UCUM's own (mph is a milliphot) are not here: nobody asks for them.
 */
const CODES: Readonly<Record<string, string>> = {
  ...same('Cel', 'c°', 'degc', 'deg_c', 'deg.c', 'celsius', 'centigrade'),
  ...same('[degF]', 'f°', 'degf', 'deg_f', 'fahrenheit'),
  ...same('deg', '°', 'degree', 'degrees'),
  ...same('%', 'percent', 'pct', 'percentage'),
  ...same('h', 'hr', 'hrs', 'hour', 'hours'),
  ...same('min', 'minute', 'minutes', 'mins'),
  ...same('s', 'sec', 'secs', 'second', 'seconds'),
  ...same('d', 'day', 'days'),
  ...same('km/h', 'kmh', 'kph', 'kmph'),
  ...same('[mi_i]', 'mile', 'miles', 'mi'),
  ...same('[ft_i]', 'feet', 'foot'),
  ...same('[kn_i]', 'kn', 'knot', 'knots', 'kt', 'kts'),
  ...same('m', 'meter', 'meters', 'metre', 'metres'),
  ...same('l', 'liter', 'liters', 'litre', 'litres'),
  ...same('W', 'watt', 'watts'),
  ...same('V', 'volt', 'volts'),
  ...same('A', 'amp', 'amps', 'ampere', 'amperes'),
  ...same('W.h', 'wh'),
  ...same('kW.h', 'kwh'),
  ...same('MW.h', 'mwh'),
  ...same('kW', 'kilowatt', 'kilowatts'),
  // UCUM has no var: reactive power has the dimension of volt times ampere.
  ...same('V.A', 'va', 'var'),
  ...same('kV.A', 'kva', 'kvar'),
  ...same('A.h', 'ah'),
  ...same('Hz', 'hertz'),
  ...same('dB[SPL]', 'dba', 'db(a)', 'decibel', 'decibels'),
  ...same('lx', 'lux'),
  ...same('lm', 'lumen', 'lumens'),
  ...same('{rev}/min', 'rpm'),
  ...same('{NTU}', 'ntu', 'fnu', '[ntu]'),
  ...same('{count}', 'count', 'counts', 'pcs', 'pieces'),
  ...same('[ppm]', 'ppm'),
  ...same('[ppb]', 'ppb'),
  ...same('[psi]', 'psi'),
  ...same('hPa', 'hpa', 'mbar', 'millibar'),
  ...same('kPa', 'kpa'),
  ...same('Pa', 'pascal'),
  ...same('ug', 'micrograms', 'microgram', 'mcg', 'µg', 'μg'),
  ...same('mg', 'milligram', 'milligrams'),
  ...same('1', 'none', 'unitless', 'dimensionless', '-'),
};

function same(code: string, ...spellings: string[]): Record<string, string> {
  return Object.fromEntries(spellings.map((spelling) => [spelling, code]));
}

/**
 * The UCUM code that somebody may have meant: common spellings, also as parts of a quotient, and powers, µ and degrees
 * as they are typed.
 * @param isUnit whether a text is a UCUM unit
 */
export function unitSuggestion(written: string, isUnit: (unit: string) => boolean): string | undefined {
  const text = written
    .trim()
    .replace(/°\s*(?=[CF])/g, 'deg')
    .replace(/[µμ]/g, 'u')
    .replaceAll('²', '2')
    .replaceAll('³', '3')
    .replaceAll('^', '')
    .replace(/\s*\/\s*|\s+per\s+/g, '/')
    .replace(/\s*[·*×]\s*/g, '.');
  const parts = text.split('/').map((part) => codeOf(part) ?? part);
  const candidates = [codeOf(written.trim()), codeOf(text), parts.join('/')];
  return candidates.find((candidate) => candidate !== undefined && candidate !== written && isUnit(candidate));
}

function codeOf(spelling: string): string | undefined {
  const key = spelling.toLowerCase();
  return Object.hasOwn(CODES, key) ? CODES[key] : undefined;
}
