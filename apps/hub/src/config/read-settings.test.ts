import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, unknownVariables } from './read-settings.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-settings-'));
  file = join(folder, 'seawall.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readSettings', () => {
  it('takes flags over variables over the file over defaults', () => {
    writeFileSync(file, 'http-port: 1\nmqtt-port: 2\nmqtt-ws-port: 3\n');
    const settings = readSettings({ 'http-port': '10' }, { SEAWALL_HTTP_PORT: '11', SEAWALL_MQTT_PORT: '12' }, file);
    expect(settings).toMatchObject({
      httpPort: 10,
      mqttPort: 12,
      mqttWsPort: 3,
      bind: '127.0.0.1',
      auth: true,
      store: 'duckdb',
    });
  });

  it('leaves Telegraf’s topic alone unless told otherwise', () => {
    expect(readSettings({}, {}).telegrafTopic).toBeUndefined();
    expect(readSettings({ 'telegraf-topic': 'metrics/telegraf' }, {}).telegrafTopic).toBe('metrics/telegraf');
  });

  it('keeps the sessions of clients that are gone for a week unless told otherwise', () => {
    expect(readSettings({}, {}).sessionExpiryMs).toBe(7 * 86_400_000);
    expect(readSettings({}, { SEAWALL_SESSION_EXPIRY: '2h' }).sessionExpiryMs).toBe(7_200_000);
  });

  it('keeps history in the data folder unless told to keep it in InfluxDB', () => {
    expect(readSettings({}, {}).store).toBe('duckdb');
    const flags = {
      store: 'influx',
      'influx-url': 'https://db.example/influx',
      'influx-api': '2',
      'influx-org': 'city',
    };
    expect(readSettings(flags, { SEAWALL_INFLUX_DATABASE: 'north' })).toMatchObject({
      store: 'influx',
      influxUrl: 'https://db.example/influx',
      influxApi: 2,
      influxOrg: 'city',
      influxDatabase: 'north',
    });
  });

  it('keeps the rules in the data folder unless told otherwise', () => {
    expect(readSettings({ 'data-dir': '/d' }, {}).rulesDir).toBe(join('/d', 'rules'));
    expect(readSettings({ 'rules-dir': folder }, {}).rulesDir).toBe(folder);
  });

  it.each([
    [{ 'mqtt-port': '70000' }, {}, '--mqtt-port must be a port'],
    [{ 'mqtt-port': '' }, {}, '--mqtt-port must be a port'],
    [{}, { SEAWALL_TIME_ZONE: 'Mars/Olympus' }, 'SEAWALL_TIME_ZONE must be an IANA time zone'],
    [{ store: 'influxdb' }, {}, '--store must be duckdb or influx'],
    [{ 'influx-url': 'http://db:8086' }, {}, '--influx-url goes with --store influx only, and the store is duckdb'],
    [{}, { SEAWALL_INFLUX_ORG: 'city' }, '--influx-org goes with --store influx only'],
    [{ store: 'influx', 'store-memory': '512' }, {}, '--store-memory goes with --store duckdb only'],
    [{ store: 'influx', 'backup-dir': '/b' }, {}, '--backup-dir goes with --store duckdb only'],
    [{ store: 'influx', 'influx-api': '3' }, {}, '--influx-api must be auto, 1 or 2'],
    [{ store: 'influx', 'influx-api': '1', 'influx-org': 'city' }, {}, 'which --influx-api 1 is not'],
    [{ store: 'influx', 'influx-url': 'db:8086' }, {}, '--influx-url must be an address such as'],
    [{ store: 'influx', 'influx-url': 'http://me:pw@db:8086' }, {}, 'must not hold a user or password'],
    [{ store: 'influx', 'influx-database': 'a/b' }, {}, '--influx-database must be a name such as seawall'],
    [{ 'telegraf-topic': 'telegraf/#' }, {}, '--telegraf-topic must be a topic such as telegraf'],
    [{ 'telegraf-topic': 'city/telegraf' }, {}, '--telegraf-topic can\'t be "city/telegraf"'],
    [{ 'watermark-delay': 'soon' }, {}, '--watermark-delay must be a duration'],
    [{ 'session-expiry': 'never' }, {}, '--session-expiry must be a duration'],
    [{ 'journal-max-size': '4' }, {}, '--journal-max-size must be a size'],
    [{ 'journal-max-size': '4GB', 'journal-limit': '5GB' }, {}, '--journal-limit must be at least 2 times'],
    [{ 'disk-low': '1GB', 'disk-reserve': '2GB' }, {}, '--disk-reserve must not be larger than --disk-low'],
    [{ 'allowed-lateness': '2d' }, {}, '--allowed-lateness must be 1d at most'],
    [{ 'retain-raw': '3h' }, {}, '--retain-raw must be forever, or at least a day'],
    [{}, { SEAWALL_RETAIN_1M: 'always' }, 'SEAWALL_RETAIN_1M must be forever'],
    [
      { 'retain-raw': '90d', 'retain-1m': '30d' },
      {},
      '--retain-1m (30d) is shorter than --retain-raw (90d): sums are kept at least as long as what they are made of. Make --retain-1m 90d or longer',
    ],
    [{ 'retain-1h': '2y' }, {}, '--retain-1h (732d) is shorter than --retain-1m (forever)'],
    [{ 'no-auth': 'true', bind: '0.0.0.0' }, {}, '--no-auth would let anyone'],
    [{ 'mqtt-port': '8080' }, {}, 'must differ'],
    [{ 'rules-dir': '/not/there' }, {}, '--rules-dir /not/there is no folder that is there'],
    [{}, { SEAWALL_NO_AUTH: 'maybe' }, 'SEAWALL_NO_AUTH must be true or false'],
  ])('refuses %j %j with a sentence that names the setting', (flags, environment, sentence) => {
    expect(() => readSettings(flags, environment)).toThrow(sentence);
  });

  it('names file and line of a wrong setting in the file', () => {
    writeFileSync(file, 'http-prot: 8080\n');
    expect(() => readSettings({}, {}, file)).toThrow(`http-prot in ${file} is no setting`);
    writeFileSync(file, 'http-port: many\n');
    expect(() => readSettings({}, {}, file)).toThrow(`http-port in ${file} must be a port`);
    expect(() => readSettings({}, {}, join(folder, 'none.yaml'))).toThrow('is not there');
  });

  it('lets several hubs take free ports', () => {
    expect(readSettings({ 'mqtt-port': '0', 'mqtt-ws-port': '0', 'http-port': '0' }, {}).httpPort).toBe(0);
  });
});

describe('how long history is kept', () => {
  const day = 86_400_000;

  it('is for good unless something else is asked for', () => {
    const forever = { '*': Infinity };
    expect(readSettings({}, {}).retention).toEqual({ raw: forever, '1m': forever, '1h': forever });
  });

  it('is read from flags over variables over the file, and for single domains from the file', () => {
    writeFileSync(
      file,
      'retention: { raw: 90d, 1m: 1y, 1h: 10y, domains: { traffic: { raw: 2w, 1m: 6M }, water: { 1h: forever } } }',
    );
    const { retention } = readSettings({ 'retain-raw': '60d' }, { SEAWALL_RETAIN_1M: '2y' }, file);
    expect(retention).toEqual({
      raw: { '*': 60 * day, traffic: 14 * day, water: 60 * day },
      '1m': { '*': 732 * day, traffic: 186 * day, water: 732 * day },
      '1h': { '*': 3660 * day, traffic: 3660 * day, water: Infinity },
    });
  });

  it.each([
    ['retention: 90d', 'retention in FILE must hold lines like "raw: 90d"'],
    ['retention: { 5m: 90d }', 'retention.5m in FILE is no setting; write raw, 1m, 1h or domains'],
    ['retention: { raw: 90 }', 'retention.raw in FILE must be forever, or a duration'],
    ['retention: { raw: soon }', 'retention.raw in FILE must be forever, or at least a day'],
    ['retention: { raw: 90d }\nretain-raw: 30d', 'FILE says both retention.raw and retain-raw'],
    ['retention: { domains: { a/b: { raw: 9d } } }', 'names "a/b", which is no domain: it contains one of / + #'],
    ['retention: { domains: { "*": { raw: 9d } } }', 'names "*", which is no domain'],
    ['retention: { domains: { traffic: { raw: 9 m } } }', 'retention.domains.traffic.raw in FILE must be forever'],
    ['retention: { domains: { traffic: { weekly: 9d } } }', 'retention.domains.traffic.weekly in FILE is no setting'],
    [
      'retention: { 1m: 30d, raw: 9d, domains: { traffic: { raw: 90d } } }',
      'retention.domains.traffic.1m in FILE (30d) is shorter than retention.domains.traffic.raw in FILE (90d)',
    ],
  ])('is refused with a sentence: %s', (text, sentence) => {
    writeFileSync(file, text);
    expect(() => readSettings({}, {}, file)).toThrow(sentence.replaceAll('FILE', file));
  });
});

describe('unknownVariables', () => {
  it('tells of a misspelt variable', () => {
    expect(unknownVariables({ SEAWALL_HTTP_PROT: '1', SEAWALL_HTTP_PORT: '1', SEAWALL_TOKEN: 'x', PATH: '' })).toEqual([
      'SEAWALL_HTTP_PROT',
    ]);
  });
});
