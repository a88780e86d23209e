import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { postJson } from '../support/http.ts';
import { pastTheLog } from '../support/hub-metrics.ts';
import { repositoryRoot, seawallBin } from '../support/repository.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { hubEnvironment, runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const NO_PORTS = ['--mqtt-port', '0', '--mqtt-ws-port', '0', '--http-port', '0'];
const RULE = (above: number) => `
id: reloaded
severity: info
when: { domain: environment, metric: noise, aggregate: max, window: 10s, above: ${above} }
`;

let dataDir: string;
let hub: RunningHub;

beforeAll(async () => {
  dataDir = await makeTempDir('commands');
  hub = await startHub({ dataDir, rules: { 'a.yaml': RULE(80) } });
  const readings = Array.from({ length: 20_000 }, (_, i) => ({ ts: 1_790_000_000_000 + i, values: { pm25: i } }));
  await postJson(hub.http, '/api/v1/telemetry?domain=environment&device=aq-1', readings);
  await pastTheLog(hub.http, ['writer']);
}, 90_000);

afterAll(async () => {
  if (hub?.isRunning()) await hub.stop();
  await removeTempDir(dataDir);
});

const RANGE = ['--from', '1790000000000', '--to', '1790000100000'];
const query = (...args: readonly string[]) =>
  runSeawall(['query', '--url', hub.http, '--metric', 'pm25', ...RANGE, ...args]);

describe('seawall query', () => {
  it('ends quietly when its reader has read enough', async () => {
    const child = spawn(
      process.execPath,
      [seawallBin, 'query', '--url', hub.http, '-m', 'pm25', ...RANGE, '--csv', '--limit', '50000'],
      {
        cwd: repositoryRoot,
        env: hubEnvironment({}),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect([code, stderr]).toEqual([0, '']);
  }, 30_000);

  it('finds a step by itself, and ends --json with a line end', async () => {
    const { code, stdout } = await query('--step', 'auto', '--max-points', '20', '--json');
    expect(code).toBe(0);
    expect(stdout.endsWith('}\n')).toBe(true);
    const [series] = (JSON.parse(stdout) as { series: { time: number[] }[] }).series;
    expect(series!.time.length).toBeGreaterThan(1);
    expect(series!.time.length).toBeLessThanOrEqual(21);
  }, 30_000);

  it.each([
    ['a limit that is none', ['--limit', 'abc'], 2, '--limit takes a whole number above 0, not "abc"'],
    ['two forms of an answer', ['--json', '--csv'], 2, 'either --json or --csv'],
    ['a document with flags', ['--document', '-'], 2, "--from, --to can't stand beside it"],
    ['a wrong step', ['--step', '5q'], 2, 'step: "5q" is not a duration'],
    ['a broker it never speaks to', ['--mqtt-url', 'mqtt://x'], 2, '--mqtt-url'],
    ['a hub that is not there', ['--url', 'http://127.0.0.1:9'], 1, 'no hub answers'],
  ])(
    'refuses %s with one sentence',
    async (_, args, code, said) => {
      const refused = await query(...args);
      expect([refused.code, refused.stdout]).toEqual([code, '']);
      expect(refused.stderr.split(said)).toHaveLength(2);
    },
    30_000,
  );

  it('tells of variables and exit codes in its help', async () => {
    for (const command of ['query', 'tail', 'import', 'simulate']) {
      const { code, stdout } = await runSeawall([command, '--help']);
      expect([code, stdout]).toEqual([0, expect.stringContaining('SEAWALL_TOKEN')]);
      expect(stdout).toContain('Exit codes:');
    }
  }, 60_000);
});

describe('a command whose place can not be used', () => {
  it.each<[string, (file: string) => readonly string[], string]>([
    ['export', (file) => ['--url', hub.http, '--domain', 'x', '-o', `${file}.none/a.csv`], 'is not there. Make it'],
    ['export', (file) => ['--url', hub.http, '--domain', 'x', '-o', `${file}/a.csv`], 'is no folder'],
    ['restore', (file) => [`${dirname(file)}/backup`, '--data-dir', file], 'is a file, or lies below one'],
    ['restore', (file) => [`${dirname(file)}/backup`, '--data-dir', `${file}/below`], 'is a file, or lies below one'],
  ])(
    '%s refuses it with one sentence %#',
    async (command, args, said) => {
      const directory = await makeTempDir('no-place');
      const file = join(directory, 'file');
      await writeFile(file, '');
      await mkdir(join(directory, 'backup'));
      await writeFile(join(directory, 'backup', 'manifest.json'), '{ "format": 1, "files": [] }');
      const refused = await runSeawall([command, ...args(file)]);
      await removeTempDir(directory);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    },
    30_000,
  );

  const isFullThere = existsSync('/dev/full');
  if (!isFullThere) skippedAloud('an output without room', 'this system has no /dev/full');
  const onlyWithFull = isFullThere ? it : it.skip;
  onlyWithFull.each<[string, () => readonly string[]]>([
    ['query', () => ['--url', hub.http, '-m', 'pm25', ...RANGE, '--csv']],
    ['backup', () => ['--url', hub.http, '--list']],
    ['doctor', () => ['--data-dir', join(dataDir, 'none'), ...NO_PORTS]],
  ])(
    '%s says in one sentence that its output finds no room',
    async (command, args) => {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [seawallBin, command, ...args()], {
        env: hubEnvironment({}),
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      let stderr = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^seawall: standard output can't be written: .*\n$/)]);
    },
    30_000,
  );
});

describe('seawall up', () => {
  const up = (...args: readonly string[]) =>
    runSeawall(['up', '--no-auth', '--data-dir', join(dataDir, 'other'), ...args]);

  it('says that a port is taken in one sentence and nothing else', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const refused = await up('--mqtt-port', '0', '--mqtt-ws-port', '0', '--http-port', String(port));
    await new Promise((resolve) => other.close(resolve));
    expect(refused.code).toBe(2);
    expect(refused.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^seawall: port \d+ is taken .*--http-port/),
    ]);
    // A start that failed is no crash.
    const again = await startHub({ dataDir: join(dataDir, 'other') });
    expect(again.stderr()).not.toContain('ended without being stopped');
    await again.stop();
  }, 60_000);

  it.each([
    ['a host that nobody knows', ['--bind', 'nowhere.invalid'], 'nowhere.invalid'],
    ["another machine's address", ['--bind', '203.0.113.9'], 'no address 203.0.113.9'],
    ['a rules folder that is not there', ['--rules-dir', '/nonexistent/rules'], '--rules-dir /nonexistent/rules'],
  ])(
    'refuses %s with one sentence',
    async (_, args, said) => {
      const directory = await makeTempDir('refused');
      const refused = await runSeawall(['up', '--data-dir', directory, ...NO_PORTS, ...args], {
        token: 'a-token-to-bind',
      });
      await removeTempDir(directory);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    },
    30_000,
  );

  it('refuses a place where no folder can be made', async () => {
    const refused = await runSeawall(['up', '--no-auth', '--data-dir', '/proc/seawall/data', ...NO_PORTS]);
    // Where there is no /proc, whoever runs this may make none.
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/can't be (made|written)|read-only/)]);
  }, 30_000);

  it("refuses a folder of somebody else's things", async () => {
    const directory = await makeTempDir('foreign');
    await writeFile(join(directory, 'thesis.tex'), '');
    const refused = await runSeawall(['up', '--no-auth', '--data-dir', directory, ...NO_PORTS]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('thesis.tex')]);
    await removeTempDir(directory);
  }, 30_000);

  it('reads the rule files again on SIGHUP, and says what changed', async () => {
    const log = (said: string) => waitUntil(`the log says ${said}`, () => hub.stderr().includes(said));
    process.kill(hub.pid, 'SIGHUP');
    await log('rule files read again: nothing has changed');
    await writeFile(join(dataDir, 'rules', 'a.yaml'), RULE(90));
    process.kill(hub.pid, 'SIGHUP');
    await log('rule files read again; new or changed: reloaded');
    await writeFile(join(dataDir, 'rules', 'a.yaml'), 'id: reloaded\nseverity: dire\n');
    process.kill(hub.pid, 'SIGHUP');
    await log('the rules stay as they were');
    await rm(join(dataDir, 'rules', 'a.yaml'));
    process.kill(hub.pid, 'SIGHUP');
    await log('rule files read again; deleted: reloaded');
  }, 60_000);
});
