import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { briefJson } from './brief-json.ts';

describe('briefJson', () => {
  it('writes what is short as JSON does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.parse(briefJson(value, 100_000))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('ends soon after its length, however long or deep the value is', () => {
    const deep = (text: string) => JSON.parse(text) as unknown;
    for (const value of [
      ...['x'.repeat(1_000_000), Array.from({ length: 100_000 }, (_, i) => i), { ['k'.repeat(1_000_000)]: 1 }],
      ...[deep('['.repeat(200_000) + ']'.repeat(200_000)), deep('{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000))],
    ])
      expect(briefJson(value, 60).length).toBeLessThan(200);
  });

  it('shows where it leaves out what is too deep', () => {
    expect(briefJson(JSON.parse('['.repeat(20) + ']'.repeat(20)), 60)).toBe(`${'['.repeat(16)}…${']'.repeat(16)}`);
  });
});
