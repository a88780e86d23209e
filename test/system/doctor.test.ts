import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'unknown' | 'attention';
  readonly says: string;
  readonly todo?: string;
}

const TOKEN = 'a-token-for-the-doctor';
const NO_PORTS = ['--mqtt-port', '0', '--mqtt-ws-port', '0', '--http-port', '0'];

let folder: string;
let dataDir: string;
let hub: RunningHub;

beforeAll(async () => {
  folder = await makeTempDir('doctor');
  dataDir = join(folder, 'demo');
  hub = await startHub({ dataDir, token: TOKEN });
}, 60_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(folder);
});

async function doctor(args: readonly string[], token?: string) {
  const { code, stdout, stderr } = await runSeawall(
    ['doctor', '--data-dir', dataDir, '--json', ...args],
    token === undefined ? {} : { token },
  );
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  const of = (check: string) => findings.filter((finding) => finding.check === check);
  const needing = findings.filter(({ state, check }) => state === 'attention' && check !== 'disk');
  return { code, ok, stderr, of, needing };
}

function portsOf({ mqtt, mqttWs, http }: RunningHub): string[] {
  const port = (url: string) => new URL(url).port;
  return ['--mqtt-port', port(mqtt), '--mqtt-ws-port', port(mqttWs), '--http-port', port(http)];
}

describe('seawall doctor', () => {
  it('finds nothing wrong with a hub that runs: its ports, its lock, its lag', async () => {
    const { needing, of, stderr } = await doctor(portsOf(hub), TOKEN);
    expect(needing).toEqual([]);
    expect(stderr).toBe('');
    expect(of('data').map(({ says }) => says)).toContainEqual(expect.stringContaining(`process ${hub.pid}`));
    expect(of('ports').map(({ says }) => says)).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining(`this hub's own (process ${hub.pid})`)),
    );
    expect(of('journal')[0]!.says).toMatch(/writer \d+/);
    expect(of('last stop')[0]!.says).toContain('never stopped');
    expect(of('clock')[0]!.state).toBe('ok');
  }, 30_000);

  it('asks for the token where it is told little, and never repeats it', async () => {
    const without = await doctor(portsOf(hub));
    expect(without.needing).toEqual([]);
    expect(without.of('journal')).toMatchObject([{ state: 'unknown', todo: 'Set SEAWALL_TOKEN.' }]);
    const { stdout, stderr } = await runSeawall(['doctor', '--data-dir', dataDir, ...portsOf(hub)], { token: TOKEN });
    expect(stdout + stderr).not.toContain(TOKEN);
  }, 30_000);

  it('looks at the data directory that runs in the folder it was given, as that of npm start does in ./data', async () => {
    const { needing, of } = await doctor(['--data-dir', folder, ...portsOf(hub)], TOKEN);
    expect(needing).toEqual([]);
    expect(of('data')[0]!.says).toContain(`${dataDir} in it is looked at`);
    expect(of('journal')[0]!.says).toMatch(/writer \d+/);
  }, 30_000);

  it('says where it looked for a hub that does not answer', async () => {
    const { code, needing } = await doctor([...NO_PORTS, '--url', 'http://127.0.0.1:9'], TOKEN);
    expect(code).toBe(1);
    expect(needing).toMatchObject([{ check: 'journal', says: expect.stringContaining('http://127.0.0.1:9') }]);
  }, 30_000);

  it('says that the token is not the one of the hub, and does not repeat it', async () => {
    const wrong = await doctor(portsOf(hub), 'another-token-altogether');
    expect(wrong.code).toBe(1);
    expect(wrong.needing).toMatchObject([{ says: expect.stringContaining('The token is not that of the hub') }]);
    expect(JSON.stringify(wrong.needing)).not.toContain('another-token-altogether');
  }, 30_000);

  it('asks at an address that is given, whatever runs on the data directory', async () => {
    const none = ['--data-dir', join(folder, 'none'), ...NO_PORTS];
    const { needing, of, code } = await doctor([...none, '--url', 'http://127.0.0.1:9']);
    expect([code, of('hub')]).toMatchObject([1, [{ says: expect.stringContaining('No hub answers at') }]]);
    expect(needing).toHaveLength(1);
    const there = await doctor([...none, '--url', hub.http], TOKEN);
    expect(there.needing).toEqual([]);
    expect(there.of('hub')[0]!.says).toContain(`A hub answers at ${hub.http}`);
    expect(there.of('journal').at(-2)!.says).toMatch(/writer \d+/);
    expect((await doctor(none)).needing).toEqual([]);
  }, 60_000);

  it('tells after kill -9 that the hub crashed and when, and again while the next one runs', async () => {
    await hub.kill9();
    const stopped = await doctor(NO_PORTS);
    expect(stopped.code).toBe(1);
    expect(stopped.needing).toMatchObject([{ check: 'last stop', todo: expect.stringContaining('start the hub') }]);
    expect(stopped.of('journal')[0]!.says).toContain('after the next start');
    hub = await startHub({ dataDir, token: TOKEN });
    expect(hub.stderr()).toContain('ended without being stopped');
    expect((await doctor(portsOf(hub), TOKEN)).needing).toMatchObject([{ check: 'last stop' }]);
  }, 60_000);

  it('leaves no trace: the hub stops and starts as before, and then all is well', async () => {
    await hub.stop();
    const { of, needing } = await doctor(NO_PORTS);
    expect(needing).toEqual([]);
    expect(of('last stop')[0]!.says).toContain('stopped as told');
    hub = await startHub({ dataDir, token: TOKEN });
    expect(hub.stderr()).not.toContain('ended without being stopped');
    await hub.stop();
  }, 60_000);

  it('names who has a port, with the flag', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { needing } = await doctor(['--mqtt-port', String(port), '--mqtt-ws-port', '0', '--http-port', '0']);
    await new Promise((resolve) => other.close(resolve));
    expect(needing).toMatchObject([
      { check: 'ports', says: expect.stringContaining(`Port ${port}`), todo: expect.stringContaining('--mqtt-port') },
    ]);
    if (process.platform === 'linux') expect(needing[0]!.says).toContain(`process ${process.pid}`);
  }, 30_000);

  it('finds a damaged store, which the hub refuses with a sentence', async () => {
    await writeFile(join(dataDir, 'series.duckdb'), 'not a database at all');
    await rm(join(dataDir, 'series.duckdb.wal'), { force: true });
    expect((await doctor(NO_PORTS)).needing).toMatchObject([
      { check: 'data', says: expect.stringContaining('damaged') },
    ]);
    const up = await runSeawall(['up', '--data-dir', dataDir, ...NO_PORTS, '--no-auth']);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/^seawall: The series store .*series\.duckdb.* move the file away/m);
    expect(up.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
  }, 30_000);

  it('says of a data directory that is a file, or lies below one, that it can be none', async () => {
    const file = join(folder, 'thesis.tex');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')]) {
      const { code, needing, stderr } = await doctor([...NO_PORTS, '--data-dir', path]);
      expect([code, stderr]).toEqual([1, '']);
      expect(needing).toMatchObject([{ check: 'data', todo: expect.stringContaining('choose another') }]);
    }
  }, 30_000);

  it('refuses a wrong setting with exit code 2', async () => {
    const { code, stderr } = await runSeawall(['doctor', '--http-port', 'many']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--http-port must be a port')]);
  });
});
