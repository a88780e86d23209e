import type { Area } from '@seawall/model';
import { parseArea, QueryError } from '@seawall/query';
import type { Parameters } from './parameters.ts';
import { Problem } from './problem.ts';

/** For the documentation of lists that take an area. */
export const AREA_PARAMETERS = {
  box: {
    description:
      'Only devices placed in it: west,south,east,north in degrees; west beyond east crosses the antimeridian.',
    example: '113.5,22.2,113.6,22.3',
  },
  circle: {
    description: 'Only devices placed in it: longitude,latitude,radius, in degrees and metres.',
    example: '113.55,22.27,500',
  },
};

/**
 * The area that a list's parameters name, longitudes before latitudes as in RFC 7946.
 * @throws Problem 400
 */
export function areaParameter(parameters: Parameters): Area | undefined {
  const [box, circle] = [parameters.one('box'), parameters.one('circle')];
  if (box !== undefined && circle !== undefined)
    throw new Problem('bad-request', 'Give either "box" or "circle", not both.');
  if (box !== undefined) return areaOf({ box: numbersOf('box', box, 'west,south,east,north') });
  if (circle === undefined) return undefined;
  const [lon, lat, radiusM] = numbersOf('circle', circle, 'longitude,latitude,radius');
  return areaOf({ circle: { lat, lon, radiusM } });
}

function numbersOf(name: string, text: string, what: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length === what.split(',').length && numbers.every(Number.isFinite)) return numbers;
  throw new Problem('bad-request', `The parameter "${name}" is "${text}"; it is ${what}, with commas between them.`);
}

function areaOf(document: unknown): Area {
  try {
    return parseArea(document);
  } catch (cause) {
    if (!(cause instanceof QueryError)) throw cause;
    throw new Problem('bad-request', cause.message, { cause });
  }
}
