import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { skippedAloud } from '../support/skipped-aloud.ts';
import { hubEnvironment, startHub, upArguments } from '../support/start-hub.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const { O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

describe('a hub whose standard error takes nothing', () => {
  let directory: string;
  let dataDir: string;

  beforeEach(async () => {
    directory = await makeTempDir('standard-error');
    dataDir = join(directory, 'data');
  });

  afterEach(() => removeTempDir(directory));

  /** It reads its rules again, which it logs; then it must answer, and stop in order. */
  async function goesOnWith(stderr: number): Promise<void> {
    const hub = await startHub({ dataDir, stderr });
    try {
      process.kill(hub.pid, 'SIGHUP');
      process.kill(hub.pid, 'SIGHUP');
      const healthz = await fetch(new URL('/healthz', hub.http), { signal: AbortSignal.timeout(5_000) });
      expect(healthz.status).toBe(200);
      expect(metric(await hubMetrics(hub.http), 'seawall_log_dropped_lines_total')).toBe(0);
    } finally {
      const { code } = await hub.stop();
      expect(code).toBe(0);
    }
  }

  it('goes on while its disk is full', async () => {
    const full = openSync('/dev/full', O_WRONLY);
    await goesOnWith(full);
    closeSync(full);
  }, 60_000);

  it('goes on while nobody reads its pipe', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, O_RDWR | O_NONBLOCK);
    fill(reader);
    const writer = openSync(pipe, O_WRONLY);
    await goesOnWith(writer);
    for (const fd of [reader, writer]) closeSync(fd);
  }, 60_000);

  it('goes on when its terminal is closed, and stops in order', async () => {
    if (spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status !== 0) {
      skippedAloud('a hub whose terminal is closed', 'there is no python3');
      return;
    }
    const command = JSON.stringify([process.execPath, ...upArguments({ dataDir })]);
    const { stdout, stderr } = spawnSync('python3', ['-c', CLOSED_TERMINAL, command], {
      env: hubEnvironment({}),
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: '200\n', stderr: '' });
    const next = await startHub({ dataDir });
    expect(metric(await hubMetrics(next.http), 'seawall_previous_run_clean')).toBe(1);
    await next.stop();
  }, 60_000);
});

function fill(pipe: number): void {
  const kilobyte = Buffer.alloc(1024, '\n');
  try {
    for (;;) writeSync(pipe, kilobyte);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

/**
 * Closes the terminal as a window does, with the SIGHUP that the kernel sends then. Prints healthz' status. The exit code
 * says nothing: of a terminal that is gone, Node before 24 ends with a failed check (nodejs/node#51519).
 */
const CLOSED_TERMINAL = `
import json, os, pty, signal, subprocess, sys, urllib.request
master, slave = pty.openpty()
hub = subprocess.Popen(json.loads(sys.argv[1]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, start_new_session=True)
os.close(slave)
try:
    http = json.loads(hub.stdout.readline())['http']
    os.close(master)
    for _ in range(2):
        hub.send_signal(signal.SIGHUP)
    print(urllib.request.urlopen(http + '/healthz', timeout=5).status)
    hub.terminate()
    hub.wait(15)
finally:
    hub.kill()
`;
