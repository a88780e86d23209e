import { describe, expect, it } from '@jest/globals';
import { HubRefusedError, HubUnreachableError, UsageError } from '@seawall/devices-sim/errors';
import { ListenError } from '@seawall/gateway';
import { DataDirectoryInUseError } from '@seawall/registry';
import { SettingError } from './config/setting-error.ts';
import { DataUnusableError, opening } from './data-unusable-error.ts';
import { explain } from './explain.ts';

const fault = (code: string, more: object = {}) =>
  Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', port: 80, address: '10.0.0.9', ...more });

describe('explain', () => {
  it('gives 2 for mistakes and 1 for hubs that can not be reached or refuse', () => {
    expect(explain(new SettingError('a')).exitCode).toBe(2);
    expect(explain(new UsageError('a')).exitCode).toBe(2);
    expect(explain(new DataDirectoryInUseError('a'))).toEqual({ sentence: 'a', exitCode: 2 });
    expect(explain(new HubUnreachableError('a')).exitCode).toBe(1);
    expect(explain(new HubRefusedError('a'))).toEqual({ sentence: 'a', exitCode: 1 });
    expect(explain(new DataUnusableError('a'))).toEqual({ sentence: 'a', exitCode: 1 });
    expect(explain('odd')).toEqual({ sentence: 'odd', exitCode: 1 });
  });

  it.each([
    ['EADDRINUSE', {}, ['port 80 is taken', '--http-port']],
    ['EACCES', {}, ['may not listen on port 80', '--http-port']],
    ['EADDRNOTAVAIL', {}, ['no address 10.0.0.9', '--bind']],
    ['ENOTFOUND', { syscall: 'getaddrinfo', hostname: 'hub.invalid', address: undefined }, ['hub.invalid', '--bind']],
    ['EMFILE', {}, ['port 80', 'listen EMFILE', '--bind']],
  ])('says in a sentence that the HTTP port can not be opened: %s', (code, more, said) => {
    const { sentence, exitCode } = explain(fault(code, more));
    for (const words of said) expect(sentence).toContain(words);
    expect([exitCode, sentence.includes('    at ')]).toEqual([2, false]);
  });

  it.each([
    ['EADDRINUSE', ['port 80', '--mqtt-ws-port']],
    ['EADDRNOTAVAIL', ['10.0.0.9', '--bind']],
  ])("says the same of the gateway's ports: %s", (code, said) => {
    const { sentence } = explain(new ListenError('mqttWsPort', '10.0.0.9', 80, fault(code)));
    for (const words of said) expect(sentence).toContain(words);
  });

  it('keeps the trace of what nobody foresaw', () => {
    expect(explain(new TypeError('x is not a function')).sentence).toContain('    at ');
  });
});

describe('opening', () => {
  const failing = (message: string, code?: string) =>
    opening('series store', '/d/series.duckdb', () => Promise.reject(Object.assign(new Error(message), { code })));

  it.each([
    ['not a database', undefined, 'move the file away'],
    ['Permission denied', undefined, 'as the owner of its files'],
    ['open failed', 'EACCES', 'as the owner of its files'],
    ['open failed', 'EROFS', 'mounted read-only'],
  ])('says what to do about "%s" %s', async (message, code, said) => {
    await expect(failing(message, code)).rejects.toThrow(said);
    await expect(failing(message, code)).rejects.toThrow('/d/series.duckdb');
  });

  it('has nothing moved away that another release can read', async () => {
    await expect(failing('It has schema version 9, and this Seawall knows 1 only.')).rejects.not.toThrow(
      'move the file',
    );
  });
});
