const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * A source map (version 3) that leads to the lines of our own sources, and to nothing else. The whole one of a bundle is
 * mostly of libraries and of places within lines, and Node reads all of it at the first stack trace: the hub would stand
 * still for more than half a second.
 * @param text JSON @returns JSON
 */
export function linesOfOurs(text) {
  const map = JSON.parse(text);
  const sources = map.sources.filter(isOwn);
  const places = map.sources.map((source) => (isOwn(source) ? sources.indexOf(source) : undefined));
  let before;
  const lines = decode(map.mappings).map((segments) =>
    segments.flatMap(([at, source, line, column]) => {
      const place = source === undefined ? undefined : places[source];
      // Node goes by the last segment before a place; where a library begins that must be one that leads nowhere.
      const target = place === undefined ? 'nowhere' : `${place}:${line}`;
      if (target === before) return [];
      before = target;
      return [place === undefined ? [at] : [at, place, line, column]];
    }),
  );
  return JSON.stringify({ version: map.version, sources, names: [], mappings: encode(lines) });
}

function isOwn(source) {
  return !source.includes('node_modules/');
}

/** @returns line by line [column, source, line of it, column of it], or [column] alone; all counted from 0 */
function decode(mappings) {
  const before = [0, 0, 0, 0];
  return mappings.split(';').map((line) => {
    before[0] = 0;
    const segments = line === '' ? [] : line.split(',');
    return segments.map((segment) =>
      numbersOf(segment)
        .slice(0, 4)
        .map((number, field) => (before[field] += number)),
    );
  });
}

function encode(lines) {
  const before = [0, 0, 0, 0];
  const textOf = (segment) =>
    segment.map((number, field) => {
      const step = number - before[field];
      before[field] = number;
      return digitsOf(step);
    });
  return lines
    .map((segments) => {
      before[0] = 0;
      return segments.map((segment) => textOf(segment).join('')).join(',');
    })
    .join(';');
}

/** Base 64, five bits a digit, the lowest first; the sixth says that more follow, and the number's lowest is its sign. */
function numbersOf(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

function digitsOf(number) {
  let value = number < 0 ? (-number << 1) | 1 : number << 1;
  let digits = '';
  do {
    digits += DIGITS[(value & 31) | (value > 31 ? 32 : 0)];
    value >>= 5;
  } while (value > 0);
  return digits;
}
