import { describe, expect, it } from '@jest/globals';
import { withOwnNames } from './jest-transform.mjs';

describe('own names for globals', () => {
  it('stand on the first line, for those alone that the module uses', () => {
    expect(withOwnNames('export const f = (x) => Math.max(x, Number(1));\n// end')).toBe(
      'const { Math, Number } = globalThis; export const f = (x) => Math.max(x, Number(1));\n// end',
    );
    expect(withOwnNames('export const f = 1;')).toBe('export const f = 1;');
  });

  it.each([
    'import { Map } from "a";',
    'import a, { b as Map } from "a";',
    'const Map = a;',
    'export class Map {}',
    'function Map() {}',
    'import {\n  b,\n  Map\n} from "a";',
  ])('are not made where the module has such a name: %s', (code) => {
    expect(withOwnNames(code)).toBe(code);
  });

  it('are not mistaken: an import before says nothing of what is used after', () => {
    const code = 'import { a } from "a"; export const b = new Map();';
    expect(withOwnNames(code)).toBe(`const { Map } = globalThis; ${code}`);
  });
});
