import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readInfluxToken } from './influx-token.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-influx-token-'));
  file = join(folder, 'token');
});
afterEach(() => rmSync(folder, { recursive: true }));

const influx = { store: 'influx', influxTokenFile: undefined } as const;

describe('readInfluxToken', () => {
  it('comes from the variable or the file, and need not be', () => {
    expect(readInfluxToken(influx, {})).toBeUndefined();
    expect(readInfluxToken(influx, { SEAWALL_INFLUX_TOKEN: 'me:pass word' })).toBe('me:pass word');
    writeFileSync(file, 'secret==\n');
    expect(readInfluxToken({ ...influx, influxTokenFile: file }, {})).toBe('secret==');
  });

  it('is refused for another store, twice, or as what no header can hold, and never repeated', () => {
    const environment = { SEAWALL_INFLUX_TOKEN: 'secret' };
    expect(() => readInfluxToken({ ...influx, store: 'duckdb' }, environment)).toThrow('the store is duckdb');
    expect(() => readInfluxToken({ ...influx, influxTokenFile: file }, environment)).toThrow('keep one of them');
    expect(() => readInfluxToken({ ...influx, influxTokenFile: file }, {})).toThrow(`${file} can't be read`);
    writeFileSync(file, '');
    expect(() => readInfluxToken({ ...influx, influxTokenFile: file }, {})).toThrow('one line of plain characters');
    writeFileSync(file, 'se\ncret');
    const twoLines = () => readInfluxToken({ ...influx, influxTokenFile: file }, {});
    expect(twoLines).toThrow('one line');
    expect(twoLines).not.toThrow('cret ');
  });
});
