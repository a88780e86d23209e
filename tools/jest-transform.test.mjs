import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { withoutLookAtModules, withOwnNames } from './jest-transform.mjs';

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

describe('Fastify under test', () => {
  it('looks for no plugin among all modules', () => {
    const file = createRequire(new URL('../libs/api/package.json', import.meta.url)).resolve(
      'fastify/lib/plugin-utils.js',
    );
    const code = readFileSync(file, 'utf8');
    expect(code).toContain('require.cache');
    expect(withoutLookAtModules(code)).not.toContain('require.cache');
  });
});
