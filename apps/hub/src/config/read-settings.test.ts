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

  it('keeps the rules in the data folder unless told otherwise', () => {
    expect(readSettings({ 'data-dir': '/d' }, {}).rulesDir).toBe(join('/d', 'rules'));
    expect(readSettings({ 'rules-dir': folder }, {}).rulesDir).toBe(folder);
  });

  it.each([
    [{ 'mqtt-port': '70000' }, {}, '--mqtt-port must be a port'],
    [{ 'mqtt-port': '' }, {}, '--mqtt-port must be a port'],
    [{}, { SEAWALL_TIME_ZONE: 'Mars/Olympus' }, 'SEAWALL_TIME_ZONE must be an IANA time zone'],
    [{ store: 'influx' }, {}, '--store can\'t be "influx" yet'],
    [{ 'telegraf-topic': 'telegraf/#' }, {}, '--telegraf-topic must be a topic such as telegraf'],
    [{ 'telegraf-topic': 'city/telegraf' }, {}, '--telegraf-topic can\'t be "city/telegraf"'],
    [{ 'watermark-delay': 'soon' }, {}, '--watermark-delay must be a duration'],
    [{ 'journal-max-size': '4' }, {}, '--journal-max-size must be a size'],
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

describe('unknownVariables', () => {
  it('tells of a misspelt variable', () => {
    expect(unknownVariables({ SEAWALL_HTTP_PROT: '1', SEAWALL_HTTP_PORT: '1', SEAWALL_TOKEN: 'x', PATH: '' })).toEqual([
      'SEAWALL_HTTP_PROT',
    ]);
  });
});
