import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getJson } from '../support/http.ts';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { connectMqtt, MqttRecorder } from '../support/mqtt-recorder.ts';
import { hubEnvironment, runSeawall, startHub, upArguments, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const WRONG_RULE = `
id: broken
severity: major
when: { domain: environment, metric: pm25, aggregate: mean, window: 1m, abvoe: 150 }
`;

let hub: RunningHub;
let dataDir: string;

beforeAll(async () => {
  dataDir = await makeTempDir('start-and-stop');
  hub = await startHub({ dataDir });
}, 60_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

describe('stopping and starting', () => {
  it('drains and exits 0 within 10 s on SIGTERM, without firing the wills of those still connected', async () => {
    const device = await connectMqtt(hub.mqtt, {
      will: { topic: 'city/environment/willed/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    await device.publishAsync('city/environment/willed/status', 'online', { qos: 1, retain: true });
    const { code, signal, tookMs } = await hub.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(10_000);
    await device.endAsync(true);
    hub = await startHub({ dataDir });
    const recorder = await MqttRecorder.start(hub.mqtt, ['city/environment/willed/status']);
    const { payload } = await recorder.waitFor('the retained status', () => true);
    expect(payload).toBe('online');
    expect(await getJson(hub.http, '/api/v1/devices/willed')).toMatchObject({ status: 'online' });
    await recorder.stop();
  }, 30_000);

  it('fires the will of a device whose connection breaks', async () => {
    const device = await connectMqtt(hub.mqtt, {
      will: { topic: 'city/environment/broken/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    await device.publishAsync('city/environment/broken/status', 'online', { qos: 1, retain: true });
    device.stream.destroy();
    await waitUntil(
      'it is offline',
      async () => (await getJson<{ status: string }>(hub.http, '/api/v1/devices/broken')).status === 'offline',
    );
  });

  it('takes signals while it starts: reads its rules once more, then stops in order', async () => {
    const dir = await makeTempDir('signals');
    const child = spawn(process.execPath, upArguments({ dataDir: dir }), {
      env: hubEnvironment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, told] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    const exited = once(child, 'exit');
    await waitUntil('it has begun', () => existsSync(join(dir, 'lock.db')), 30_000, 1);
    for (const signal of ['SIGHUP', 'SIGTERM'] as const) child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(told).toContain('rule files read again');
    expect(said).toBe('');
    const next = await startHub({ dataDir: dir });
    expect(metric(await hubMetrics(next.http), 'seawall_previous_run_clean')).toBe(1);
    await next.stop();
    await removeTempDir(dir);
  }, 60_000);

  it('refuses a second process on the same data directory with a sentence', async () => {
    const second = await runSeawall([
      'up',
      '--data-dir',
      dataDir,
      '--mqtt-port',
      '0',
      '--mqtt-ws-port',
      '0',
      '--http-port',
      '0',
      '--no-auth',
    ]);
    expect(second.code).not.toBe(0);
    expect(second.stdout).toBe('');
    expect(second.stderr).toMatch(/use|lock|another/i);
    expect(second.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
    hub.mustRun();
  }, 30_000);

  it('names a taken port and the flag that changes it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const dir = await makeTempDir('taken-port');
    for (const flag of ['--mqtt-port', '--mqtt-ws-port', '--http-port']) {
      const ports = ['--mqtt-port', '--mqtt-ws-port', '--http-port'].flatMap((name) => [
        name,
        name === flag ? String(port) : '0',
      ]);
      const refused = await runSeawall(['up', '--data-dir', dir, ...ports, '--no-auth']);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain(String(port));
      expect(refused.stderr).toContain(flag);
    }
    await new Promise((resolve) => other.close(resolve));
    await removeTempDir(dir);
  }, 90_000);

  it.each([
    ['a port that is none', ['--mqtt-port', 'many', '--no-auth'], 'mqtt-port'],
    ['a time zone that is none', ['--time-zone', 'Mars/Olympus', '--no-auth'], 'time-zone'],
    ['a store that is none', ['--store', 'postgres', '--no-auth'], 'store'],
    ['a setting of another store', ['--influx-url', 'http://127.0.0.1:8086', '--no-auth'], 'influx-url'],
    ['an unknown flag', ['--nonsense', '--no-auth'], 'nonsense'],
    ['no token', [], 'SEAWALL_TOKEN'],
    ['no auth beyond loopback', ['--no-auth', '--bind', '0.0.0.0'], 'no-auth'],
  ])(
    'refuses %s with a sentence that names it and exit code 2',
    async (_, args, named) => {
      const dir = await makeTempDir('wrong-setting');
      const refused = await runSeawall(['up', '--data-dir', dir, ...args]);
      expect(refused.stderr).toContain(named);
      expect(refused.code).toBe(2);
      expect(refused.stdout).toBe('');
      await removeTempDir(dir);
    },
    30_000,
  );

  it('refuses a token that no client can send with a sentence and exit code 2', async () => {
    const dir = await makeTempDir('wrong-token');
    const { code, stderr } = await runSeawall(['up', '--data-dir', dir], { token: 'my secret token' });
    expect(stderr).toMatch(/^seawall: SEAWALL_TOKEN must consist of plain letters/);
    expect(code).toBe(2);
    await removeTempDir(dir);
  }, 30_000);

  it('refuses a wrong rule file with a sentence that names file and field', async () => {
    const dir = await makeTempDir('wrong-rule');
    const failed = await startHub({ dataDir: dir, rules: { 'broken.yaml': WRONG_RULE } }).then(
      async (started) => started.stop().then(() => 'started'),
      (error: Error) => error.message,
    );
    expect(failed).toContain('broken.yaml');
    expect(failed).toContain('abvoe');
    await removeTempDir(dir);
  }, 30_000);
});

describe('with a token', () => {
  let guarded: RunningHub;
  let dir: string;
  const token = 'a-token-for-the-test';

  beforeAll(async () => {
    dir = await makeTempDir('token');
    guarded = await startHub({ dataDir: dir, token });
  }, 30_000);
  afterAll(async () => {
    await guarded?.stop();
    await removeTempDir(dir);
  });

  it('MQTT asks for it as the password', async () => {
    await expect(connectMqtt(guarded.mqtt)).rejects.toThrow();
    await expect(connectMqtt(guarded.mqtt, { username: 'x', password: 'wrong' })).rejects.toThrow();
    const client = await connectMqtt(guarded.mqtt, { username: 'x', password: token });
    await client.publishAsync('city/environment/x/telemetry', '{"a":1}', { qos: 1 });
    await client.endAsync();
  });

  it.each([
    ['Bearer', `Bearer ${token}`],
    ['Token', `Token ${token}`],
    ['Basic', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`],
  ])('HTTP asks for it: %s', async (_, authorization) => {
    const status = async (headers: Record<string, string>) =>
      (await fetch(new URL('/api/v1/devices', guarded.http), { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: `${authorization.split(' ')[0]} nonsense` })).toBe(401);
    expect(await status({ authorization })).toBe(200);
  });

  it('never writes it to the log', () => {
    expect(guarded.stderr()).not.toContain(token);
  });
});

describe('a simulated city that fails', () => {
  it('leaves the hub to the others, and says what it lacked', async () => {
    const options = { dataDir: await makeTempDir('city-fails'), args: ['--simulate', 'smog-episode'] };
    // Fewer open files than five hundred devices and their hub need.
    const limited = ['-c', 'ulimit -n 900 && exec "$@"', 'up', process.execPath, ...upArguments(options)];
    const child = spawn('bash', limited, { env: hubEnvironment({}), stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      let [said, told] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
      await waitUntil('the city has stopped', () => told.includes('The hub goes on without it.'), 40_000);
      expect(told).toContain('ulimit -n');
      const { http } = JSON.parse(said) as { http: string };
      await waitUntil('the hub answers', async () => (await fetch(new URL('/healthz', http))).ok);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await removeTempDir(options.dataDir);
    }
  }, 60_000);
});
