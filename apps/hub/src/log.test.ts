import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from './log.ts';

const { O_NONBLOCK, O_RDWR, O_WRONLY } = constants;
const LINES = 3_000;

describe('the log', () => {
  let directory: string;
  let pipe: string;
  let reader: number;
  let writer: number;

  beforeEach(() => {
    jest.useFakeTimers();
    directory = mkdtempSync(join(tmpdir(), 'seawall-log-'));
    pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    reader = openSync(pipe, O_RDWR | O_NONBLOCK);
    writer = openSync(pipe, O_WRONLY | O_NONBLOCK);
  });

  afterEach(() => {
    jest.useRealTimers();
    for (const fd of [reader, writer]) closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  /** What the pipe holds, and what the log then has to put into it. */
  function readToTheEnd(): string[] {
    const parts: Buffer[] = [];
    for (let more = readPipe(); more.length > 0; more = readPipe()) {
      parts.push(more);
      jest.advanceTimersByTime(1_000);
    }
    return Buffer.concat(parts).toString().trimEnd().split('\n');
  }

  function readPipe(): Buffer {
    const buffer = Buffer.alloc(1024 * 1024);
    try {
      return buffer.subarray(0, readSync(reader, buffer));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return buffer.subarray(0, 0);
      throw error;
    }
  }

  it('keeps a megabyte for a reader that stalls, counts what it drops beyond, and writes on by itself once that reads', () => {
    const { log, droppedLines } = createLog('info', writer);
    for (let i = 0; i < LINES; i++) log.info({ i }, 'x'.repeat(1_000));
    const dropped = droppedLines();
    expect(dropped).toBeGreaterThan(LINES / 2);
    expect(dropped).toBeLessThan((LINES * 2) / 3);

    const kept = readToTheEnd().map((line) => (JSON.parse(line) as { i: number }).i);
    expect(kept).toEqual(Array.from({ length: LINES - dropped }, (_, i) => i));

    log.info('as before');
    expect(readToTheEnd()).toEqual([expect.stringContaining('as before')]);
    expect(droppedLines()).toBe(dropped);
  });

  it('says once what was wrong, be it in the sentence or in its cause', () => {
    const { log } = createLog('info', writer);
    const cause = new Error('severity: Write one of info, minor.');
    log.error({ err: new Error(`a.yaml holds no rule: ${cause.message}`, { cause }) }, 'the rules stay');
    log.error({ err: new Error('It failed', { cause }) }, 'other');
    const told = readToTheEnd().map((line) => (JSON.parse(line) as { err: { message: string; stack: string } }).err);
    expect(told.map(({ message }) => message)).toEqual([
      'a.yaml holds no rule: severity: Write one of info, minor.',
      'It failed: severity: Write one of info, minor.',
    ]);
    expect(told[0]!.stack).toContain('caused by: Error: severity');
  });

  it('counts every line once its reader is gone', () => {
    const { log, droppedLines } = createLog('info', writer);
    log.info('read');
    closeSync(reader);
    for (let i = 0; i < 3; i++) log.info('unread');
    reader = openSync(pipe, O_RDWR | O_NONBLOCK);
    log.info('unread');
    jest.advanceTimersByTime(10_000);
    expect(droppedLines()).toBe(4);
  });

  it('goes on where the disk is full', () => {
    const full = openSync('/dev/full', O_WRONLY);
    const { log, droppedLines } = createLog('info', full);
    for (let i = 0; i < LINES; i++) log.info('x'.repeat(1_000));
    expect(droppedLines()).toBeGreaterThan(LINES / 2);
    jest.clearAllTimers();
    closeSync(full);
  });
});
