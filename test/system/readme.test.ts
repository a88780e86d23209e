import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getJson } from '../support/http.ts';
import { repositoryRoot } from '../support/repository.ts';
import { ShellSession } from '../support/shell-session.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The commands of a README's section, block by block. */
function blocksOf(heading: string): string[] {
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
  const section = readme.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
}

const blocks = blocksOf('Five minutes to a reading of your own');
/** The one block that holds these words. */
function block(words: string): string {
  const found = blocks.filter((text) => text.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} blocks of the README hold "${words}"; one was expected.`);
  return found[0]!;
}

let hub: RunningHub;
let shell: ShellSession;
let dataDir: string;

beforeAll(async () => {
  dataDir = await makeTempDir('readme');
  hub = await startHub({ dataDir });
  shell = await ShellSession.open(hub, join(dataDir, 'home'));
}, 60_000);

afterAll(async () => {
  shell?.close();
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

const mosquitto = () => {
  if (shell.succeeds('command -v mosquitto_pub && command -v mosquitto_sub')) return true;
  skippedAloud(
    "the README's mosquitto commands",
    'mosquitto-clients is not installed (apt-get install mosquitto-clients)',
  );
  return false;
};
const paho = () => {
  if (shell.succeeds('python3 -c "import paho.mqtt.publish"')) return true;
  skippedAloud("the README's Python line", 'paho-mqtt is not installed (apt-get install python3-paho-mqtt)');
  return false;
};

describe("the README's five minutes, word for word", () => {
  let tail: () => string;

  const seenInTail = (text: string) => waitUntil(`tail shows ${text}`, () => tail().includes(text), 20_000);

  it('find the command with npx, as npm has it', async () => {
    expect(await shell.run('PATH="${PATH#*:}"; npx seawall --version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  }, 40_000);

  it('watch a device that does not exist yet', async () => {
    tail = shell.start(block('npx seawall tail'));
    await seenInTail('my-sensor');
  }, 40_000);

  it('publish a reading with mosquitto_pub, which tail shows', async () => {
    if (!mosquitto()) return;
    await shell.run(block('"pm25": 12.1'));
    await seenInTail('12.1');
  }, 40_000);

  it('publish over HTTP and from Python', async () => {
    const [curl, python] = block('python3 -c').trim().split('\n');
    expect(JSON.parse(await shell.run(curl!))).toMatchObject({ accepted: 1, rejected: 0 });
    await seenInTail('12.3');
    if (!paho()) return;
    await shell.run(python!);
    await seenInTail('12.5');
  }, 40_000);

  it('ask for it', async () => {
    const [own, city] = block('npx seawall query').trim().split('\n');
    await waitUntil('the readings can be queried', async () => (await shell.run(own!)).includes('12.3'), 20_000);
    expect(await shell.run(city!)).toContain('unknown'); // of no district yet
  }, 60_000);

  it('get it wrong, and read why', async () => {
    const [publish, ask] = block('"pm25": "high"').trim().split('\n');
    if (!mosquitto()) return;
    await shell.run(publish!);
    await seenInTail('undeclared-text');
    const answer = await waitUntil('the rejection is listed', async () => {
      const list = JSON.parse(await shell.run(ask!)) as { items: { reason: string; pointer: string }[] };
      return list.items.length > 0 && list;
    });
    expect(answer.items).toMatchObject([{ reason: 'undeclared-text', pointer: '/pm25' }]);
    const latest = await getJson<{ items: { metric: string }[] }>(hub.http, '/api/v1/latest?device=my-sensor');
    expect(latest.items.map(({ metric }) => metric)).toContain('no2');
  }, 40_000);

  it('say what it is', async () => {
    if (!mosquitto()) return;
    await shell.run(block('/attributes'));
    await waitUntil('the device has its district', async () => {
      const device = await getJson<{ description: { district?: string } }>(hub.http, '/api/v1/devices/my-sensor');
      return device.description.district === 'harbourside';
    });
  }, 40_000);

  it('let a rule of their own fire, and hear of it', async () => {
    if (!mosquitto()) return;
    const lines = block('my-smog').trim();
    const heard = shell.start(lines.replace(/ &\n[^]*/, ''));
    const rest = lines.replace(/^.* &\n/, '').split('\n');
    const ask = rest.pop()!;
    await shell.run(rest.join('\n'));
    await waitUntil('the subscriber hears of the alert', () => heard().includes('"state":"firing"'), 20_000);
    expect(heard()).toContain('city/alerts/warning/environment/harbourside/my-smog/my-sensor');
    const listed = await waitUntil('the alert is listed', async () => {
      const list = JSON.parse(await shell.run(ask)) as { items: { rule: string; value: number }[] };
      return list.items.length > 0 && list.items;
    });
    expect(listed).toMatchObject([{ rule: 'my-smog', value: 180 }]);
  }, 60_000);
});

describe("the README's years", () => {
  it('compare, ask by place, take out and copy', async () => {
    const file = join(dataDir, 'environment.parquet');
    const [compare, place, takeOut, copy] = blocksOf('Years of it')[0]!.trim().split('\n');
    expect(await shell.run(compare!)).toContain('No readings');
    expect(await shell.run(place!)).toContain('No readings');
    expect(await shell.run(takeOut!.replace('data/environment.parquet', file))).toContain('readings');
    expect(existsSync(file)).toBe(true);
    expect(await shell.run(copy!)).toContain('series');
  }, 120_000);
});
