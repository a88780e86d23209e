import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readParquet } from '@seawall/store-duckdb';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startSeawall, type BackgroundCommand } from '../support/background-seawall.ts';
import { fillStore } from '../support/fill-store.ts';
import { OldReadings } from '../support/old-readings.ts';
import { runSeawall, startHub, type RunningHub } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const FORMATS = ['csv', 'ndjson', 'parquet'] as const;
/** Of which the third slice, the first that is as long as slices are to be, has a part. */
const OLD = new OldReadings('archive', Date.parse('2026-01-01T00:00:00Z'), 140_000);

/** Passes questions on to a hub, until so many answers with readings have come; then none is answered any more. */
class HaltingHub {
  readonly #server: Server;
  url = '';
  /** Answers with readings that it lets through; for ever more, unless set. */
  left = Infinity;
  /** Paths that begin so are not answered either. */
  deafTo: string | undefined;
  halted = false;

  constructor(hub: RunningHub) {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        if (this.left === 0 || (this.deafTo !== undefined && request.url?.startsWith(this.deafTo))) {
          this.halted = true;
          return;
        }
        const { method = 'GET', url = '/', headers } = request;
        const type = headers['content-type'];
        const body = method === 'POST' ? Buffer.concat(pieces) : undefined;
        void fetch(hub.http + url, {
          method,
          ...(type && { headers: { 'content-type': type } }),
          ...(body && { body }),
        })
          .then(async (answer) => {
            const text = await answer.text();
            if (text.includes('"value":[')) this.left--;
            response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! }).end(text);
          })
          .catch((error: Error) => response.destroy(error));
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('an export that breaks off', () => {
  let folder: string;
  let hub: RunningHub;
  let halting: HaltingHub;

  beforeAll(async () => {
    folder = await makeTempDir('export-interrupted');
    await fillStore(join(folder, 'hub'), OLD.batches());
    hub = await startHub({ dataDir: join(folder, 'hub') });
    halting = new HaltingHub(hub);
    await halting.listen();
  }, 120_000);

  afterAll(async () => {
    halting?.close();
    if (hub?.isRunning()) await hub.kill9();
    await removeTempDir(folder);
  });

  const asking = (file: string, ...more: string[]) => [
    ...['export', '--domain', OLD.domain, '--from', '2026-01-01T00:00:00Z', '--url', halting.url, '-o', file],
    ...more,
  ];
  const run = (file: string, ...more: string[]) => runSeawall(asking(file, ...more), {}, 120_000);

  /** An export that has two slices, and waits for the third. */
  async function untilHalfway(file: string): Promise<BackgroundCommand> {
    Object.assign(halting, { left: 2, halted: false });
    const running = startSeawall(asking(file));
    await waitUntil('two slices are there', () => halting.halted, 60_000);
    halting.left = Infinity;
    return running;
  }

  const readingsBefore = (stderr: string) =>
    Number(/Going on after (\d+) readings that were exported/.exec(stderr)?.[1]);

  /** A text for each reading, after the header if there is one. */
  async function readingsOf(file: string): Promise<string[]> {
    if (!file.endsWith('.parquet')) return (await readFile(file, 'utf8')).trimEnd().split('\n');
    const readings: string[] = [];
    for await (const { device, time } of readParquet(file))
      for (let i = 0; i < time.length; i++) readings.push(`${device[i]} ${time[i]}`);
    return readings;
  }

  /** What a kill in the middle of a slice leaves: a slice's lines without its place. */
  async function beginASlice(file: string): Promise<void> {
    if (!file.endsWith('.parquet'))
      await appendFile(`${file}.part`, (await readFile(`${file}.part`)).subarray(-1000, -7));
  }

  it.each(FORMATS)(
    'goes on after SIGKILL where it stopped, and has each reading once: %s',
    async (format) => {
      const file = join(folder, `killed.${format}`);
      await (await untilHalfway(file)).kill9();
      await beginASlice(file);
      const { code, stdout, stderr } = await run(file);
      expect(readingsBefore(stderr)).toBeGreaterThan(0);
      expect(readingsBefore(stderr)).toBeLessThan(OLD.count);
      expect(stdout).toMatch(new RegExp(`^${OLD.count} readings of 400 series are in `));
      expect(code).toBe(0);
      const readings = await readingsOf(file);
      expect(readings).toHaveLength(OLD.count + (format === 'csv' ? 1 : 0));
      expect(new Set(readings).size).toBe(readings.length);
      const left = (await readdir(folder)).filter((name) => name.startsWith(`killed.${format}`));
      expect(left.sort()).toEqual([`killed.${format}`, `killed.${format}.manifest.ndjson`]);
    },
    180_000,
  );

  it('says at Ctrl-C that what has come is kept, and asks for the same, or to begin anew', async () => {
    const file = join(folder, 'stopped.ndjson');
    const running = await untilHalfway(file);
    await running.interrupt();
    expect(running.stderr()).toMatch(/What has come so far is kept beside .*stopped\.ndjson; the same command goes on/);
    expect(existsSync(file)).toBe(false);
    const otherwise = await run(file, '--metric', 'level');
    expect(otherwise.stderr).toMatch(/that broke off had asked for something else \(--domain archive --from 2026/);
    expect(otherwise.code).toBe(2);
    const anew = await run(file, '--metric', 'level', '--anew');
    expect(anew.stderr).not.toMatch(/Going on/);
    expect(anew.code).toBe(0);
    expect(await readingsOf(file)).toHaveLength(OLD.count);
    const series = async (of: string) => {
      const lines = (await readFile(`${of}.manifest.ndjson`, 'utf8')).split('\n');
      return lines.filter((line) => line.includes('"kind":"series"')).sort();
    };
    expect(await series(file)).toHaveLength(400);
    for (const format of FORMATS) expect(await series(join(folder, `killed.${format}`))).toEqual(await series(file));
  }, 240_000);

  it('loses none of it when it breaks off after the last reading', async () => {
    const file = join(folder, 'nearly.parquet');
    Object.assign(halting, { deafTo: '/api/v1/devices', halted: false });
    const running = startSeawall(asking(file));
    await waitUntil('it asks for the devices', () => halting.halted, 60_000);
    halting.deafTo = undefined;
    await running.kill9();
    const { code, stdout, stderr } = await run(file);
    expect(readingsBefore(stderr)).toBe(OLD.count);
    expect(stdout).toMatch(new RegExp(`^${OLD.count} readings of 400 series are in `));
    expect(code).toBe(0);
    expect(await readingsOf(file)).toHaveLength(OLD.count);
  }, 180_000);

  it('is not gone on with while it runs, nor when something else has changed what it has', async () => {
    const file = join(folder, 'twice.csv');
    const running = await untilHalfway(file);
    const second = await run(file);
    expect(second.stderr).toMatch(/Process \d+ is exporting to .*twice\.csv; wait for it, or name another file/);
    expect(second.code).toBe(2);
    await running.kill9();
    const lines = await readFile(`${file}.part`, 'utf8');
    await writeFile(`${file}.part`, lines.replace(/\r\n.*\r\n/, '\r\n').padEnd(lines.length, '\r\n'));
    const changed = await run(file);
    expect(changed.stderr).toMatch(/holds \d+ readings where the export that broke off had written \d+/);
    expect(changed.code).toBe(2);
    await writeFile(`${file}.part`, lines.replace(/\r\n\d/, '\r\nx'));
    const damaged = await run(file);
    expect(damaged.stderr).toMatch(/twice\.csv\.part:2 is no reading: x.*\n.*Begin anew with --anew/);
    expect(damaged.code).toBe(2);
  }, 180_000);

  it('begins anew where what it had is gone', async () => {
    const file = join(folder, 'gone.csv');
    await (await untilHalfway(file)).kill9();
    await removeTempDir(`${file}.part`);
    const { code, stdout, stderr } = await run(file);
    expect(stderr).not.toMatch(/Going on/);
    expect(stdout).toMatch(new RegExp(`^${OLD.count} readings of 400 series`));
    expect(code).toBe(0);
  }, 180_000);
});
