import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startSeawall, type BackgroundCommand } from '../support/background-seawall.ts';
import { connectMqtt } from '../support/mqtt-recorder.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const TOKEN = 'a-token-for-the-tail';
const RULE = `
id: hot
severity: major
summary: Too hot
when: { domain: environment, metric: temp, aggregate: max, window: 10s, above: 50, early: true }
groupBy: [device]
`;

let dataDir: string;
let hub: RunningHub;
let tail: BackgroundCommand | undefined;

beforeAll(async () => {
  dataDir = await makeTempDir('tail');
  hub = await startHub({ dataDir, token: TOKEN, rules: { 'hot.yaml': RULE } });
}, 60_000);

afterEach(async () => {
  await tail?.interrupt();
  tail = undefined;
});

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

async function publish(...messages: readonly [topic: string, payload: string][]): Promise<void> {
  const client = await connectMqtt(hub.mqtt, { username: 'x', password: TOKEN });
  for (const [topic, payload] of messages) await client.publishAsync(topic, payload, { qos: 1 });
  await client.endAsync();
}

/** Starts it, and publishes from a device it watches until it has seen that: from then on nothing is missed. */
async function watch(args: readonly string[], canary: string): Promise<BackgroundCommand> {
  const command = startSeawall(['tail', ...args, '--url', hub.http, '--mqtt-url', hub.mqtt], { token: TOKEN });
  tail = command;
  await waitUntil(
    'tail sees the canary, as sent and as stored',
    async () => {
      await publish([`city/environment/${canary}/telemetry`, '{"canary":1}']);
      return /canary(":1| = 1|","value":1)/.test(command.stdout());
    },
    20_000,
    300,
  );
  return command;
}

const has = (command: BackgroundCommand, text: string | RegExp) =>
  waitUntil(`tail says ${String(text)}\n${command.stdout()}`, () =>
    typeof text === 'string' ? command.stdout().includes(text) : text.test(command.stdout()),
  );

describe('seawall tail', () => {
  it('shows what a device sends, what became of it, or why not', async () => {
    const command = await watch(['probe-1'], 'probe-1');
    await publish(
      ['city/environment/probe-1/attributes', '{"metrics":{"temp":{"unit":"Cel","min":-40,"max":60}}}'],
      ['city/environment/probe-1/telemetry', '{"temp":21.5}'],
      ['city/environment/probe-1/telemetry', '{"temp":99}'],
      ['city/environment/probe-1/telemetry', '{"temp":"warm","hum":40}'],
      ['city/environment/probe-1/telemetry', '{"ts":1790000000000,"values":{"temp":3}}'],
      ['city/environment/probe-1/status', 'offline'],
      ['city/environment/other-1/telemetry', '{"temp":1234}'],
    );
    await has(command, 'environment/probe-1  temp = 21.5 Cel');
    await has(command, 'temp = 99 Cel (out of range)');
    await has(command, 'rejected: undeclared-text at /temp');
    await has(command, 'it said: "warm"');
    await has(command, 'docs/rejections.md#undeclared-text');
    await has(command, 'hum = 40');
    await has(command, /temp = 3 Cel {2}at 2026-09-21T14:13:20\.000Z, .* late/);
    await has(command, /probe-1 {2}described: .*"unit":"Cel"/);
    await has(command, /^\S+ {2}probe-1 {2}offline$/m);
    await has(command, 'city/environment/probe-1/telemetry  {"temp":21.5}');
    await has(command, 'ALERT firing (major): Too hot');
    expect(command.stdout()).not.toContain('1234');
    expect(command.stdout()).not.toContain('\u001b[');
    expect(command.stdout() + command.stderr()).not.toContain(TOKEN);
    expect(await command.interrupt()).toEqual({ code: 0, signal: null });
    expect(command.stderr()).toBe('');
  }, 60_000);

  it("leaves out what was sent before it began, and the hub's own messages", async () => {
    const client = await connectMqtt(hub.mqtt, { username: 'x', password: TOKEN });
    await client.publishAsync('city/environment/before-1/status', 'online', { qos: 1, retain: true });
    await client.endAsync();
    const command = await watch(['*'], 'during-1');
    await publish(
      ['city/environment/during-1/telemetry', '{"temp":70}'],
      ['city/environment/during-1/telemetry', '{"last":1}'],
    );
    await has(command, 'ALERT firing (major): Too hot');
    await has(command, 'city/environment/during-1/telemetry  {"last":1}');
    expect(command.stdout()).not.toContain('before-1');
    expect(command.stdout()).not.toMatch(/city\/(alerts|hub)\//);
  }, 60_000);

  it('takes patterns, domains and metrics, and writes JSON', async () => {
    const command = await watch(
      ['glob-*', '!glob-9', '--domain', 'environment', '--metric', 'canary,a*', '--json', '--no-raw'],
      'glob-0',
    );
    await publish(
      ['city/environment/glob-9/telemetry', '{"a":9}'],
      ['city/traffic/glob-1/telemetry', '{"a":8}'],
      ['city/environment/glob-2/telemetry', '{"b":7}'],
      ['city/environment/glob-3/telemetry', '{"ab":1,"b":2}'],
      ['city/environment/glob-3/telemetry', 'nonsense'],
    );
    await has(command, '"reason":"malformed-json"');
    await has(command, '"metric":"ab"');
    const events = command
      .stdout()
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { kind: string; device?: string; values?: { metric: string; value: number }[] },
      );
    const values = events.flatMap(({ kind, device, values: all = [] }) =>
      kind === 'readings' ? all.map(({ metric, value }) => [device, metric, value]) : [],
    );
    expect(values.filter(([, metric]) => metric !== 'canary')).toEqual([['glob-3', 'ab', 1]]);
    expect(events.map(({ kind }) => kind)).not.toContain('message');
  }, 60_000);

  it('comes back by itself when the hub does, says so, and misses nothing', async () => {
    // Its address must stay the same.
    const port = (url: string) => new URL(url).port;
    const args = ['--mqtt-port', port(hub.mqtt), '--mqtt-ws-port', port(hub.mqttWs), '--http-port', port(hub.http)];
    const command = await watch(['again-1', '--no-raw'], 'again-1');
    await publish(['city/environment/again-1/telemetry', '{"before":1}']);
    await has(command, 'before = 1');
    await hub.kill9();
    await waitUntil('tail says that it lost the hub', () => command.stderr().includes('lost the hub'));
    hub = await startHub({ dataDir, token: TOKEN, args });
    // Most likely before tail is back.
    await publish(['city/environment/again-1/telemetry', '{"after":2}']);
    await waitUntil('tail says that the hub is back', () => command.stderr().includes('the hub is back'), 30_000);
    await has(command, 'after = 2');
    expect(command.stdout().match(/before = 1/g)).toHaveLength(1);
    expect(command.stderr().match(/lost the hub/g)).toHaveLength(1);
    expect((await command.interrupt()).code).toBe(0);
  }, 90_000);

  it('says that nothing comes, and why that may be', async () => {
    await publish(['city/environment/known-1/telemetry', '{"a":1}']);
    tail = startSeawall(['tail', 'known-2', '--url', hub.http, '--no-raw'], { token: TOKEN });
    const { stderr } = tail;
    await waitUntil('it says so', () => stderr().includes('nothing yet from known-2; waiting'), 20_000);
    expect(stderr()).toContain('no device "known-2"');
    expect(stderr()).toContain('known-1');
    expect((await tail.interrupt()).code).toBe(0);
  }, 40_000);

  it('does without the broker, saying so', async () => {
    const command = startSeawall(['tail', 'quiet', '--url', hub.http, '--mqtt-url', 'mqtt://127.0.0.1:9'], {
      token: TOKEN,
    });
    tail = command;
    await waitUntil('it says so', () => command.stderr().includes('are not shown: mqtt://127.0.0.1:9'), 20_000);
    // Again and again: it may not have found the hub's other stream yet.
    const shown = async () => {
      await publish(['city/environment/quiet/telemetry', '{"a":5}']);
      return command.stdout().includes('a = 5');
    };
    await waitUntil('it shows what the hub has', shown, 20_000, 250);
  }, 60_000);

  it.each([
    ['a wrong token', ['x'], 'wrong', 1, 'SEAWALL_TOKEN'],
    ['a hub that is not there', ['x', '--url', 'http://127.0.0.1:9'], TOKEN, 1, 'no hub answers at http://127.0.0.1:9'],
    ['a topic instead of an id', ['city/a/b'], TOKEN, 2, 'no id or pattern'],
    ['no device', [], TOKEN, 2, 'device'],
    ['an address that is none', ['x', '--url', 'here'], TOKEN, 2, '--url takes'],
  ])(
    'ends with a sentence for %s',
    async (_, args, token, code, said) => {
      const url = args.includes('--url') ? [] : ['--url', hub.http];
      const refused = await runSeawall(['tail', '--no-raw', ...args, ...url], { token });
      expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(said)]);
      expect(refused.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
    },
    30_000,
  );
});
