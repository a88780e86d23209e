import { describe, expect, it } from '@jest/globals';
import { readSettings, type Flags } from './config/read-settings.ts';
import { backupRefusal, influxOptions } from './open-store.ts';

const influx = (flags: Flags = {}) => readSettings({ store: 'influx', ...flags }, {});

describe('influxOptions', () => {
  it('names InfluxDB where it listens by itself, unless told otherwise', () => {
    expect(influxOptions(influx(), undefined)).toMatchObject({ url: 'http://127.0.0.1:8086', database: 'seawall' });
    const flags = { 'influx-url': 'https://db/x', 'influx-database': 'north', 'influx-org': 'city', 'influx-api': '2' };
    expect(influxOptions(influx({ ...flags, 'query-timeout': '5s' }), 'secret')).toMatchObject({
      ...{ url: 'https://db/x', database: 'north', org: 'city', api: 2, token: 'secret', queryTimeoutMs: 5_000 },
    });
  });
});

describe('backupRefusal', () => {
  it('names the tool that can back up what is elsewhere', () => {
    expect(backupRefusal(readSettings({}, {}))).toBeUndefined();
    expect(backupRefusal(influx({ 'influx-database': 'north' }))).toContain('influxd backup -portable -database north');
  });
});
