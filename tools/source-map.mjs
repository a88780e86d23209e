import { decode, encode } from '@jridgewell/sourcemap-codec';

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
