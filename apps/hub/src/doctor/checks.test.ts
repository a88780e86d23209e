import { describe, expect, it } from '@jest/globals';
import type { InfluxProbe } from '@seawall/store-influx';
import { sizeText, spanText } from '../amounts.ts';
import { parseMetrics } from './ask-hub.ts';
import { checkClock } from './check-clock.ts';
import { checkDataDirectory, type DirectoryFacts } from './check-data-directory.ts';
import { checkDisk, type DiskFacts } from './check-disk.ts';
import { checkInflux } from './check-influx.ts';
import { checkJournal } from './check-journal.ts';
import { checkLastRun } from './check-last-run.ts';
import { checkPorts, type PortState } from './check-ports.ts';
import { checkVersions } from './check-versions.ts';
import type { Finding } from './finding.ts';
import { needsAttention, reportText } from './report.ts';
import { paint } from '../paint.ts';

const needing = (findings: readonly Finding[]) =>
  findings.filter(({ state }) => state === 'attention').map(({ says, todo }) => `${says} ${todo}`);

describe('checkVersions', () => {
  const facts = { node: '20.19.0', seawall: '1.0.0', runningHub: '1.0.0', lastWriter: undefined, entryVersion: 1 };

  it('is content with the oldest Node that is supported, and with newer ones', () => {
    expect(needing(checkVersions(facts))).toEqual([]);
    expect(needing(checkVersions({ ...facts, node: '22.0.0' }))).toEqual([]);
  });

  it('asks for a newer Node, and for a restart of a hub of another version', () => {
    expect(needing(checkVersions({ ...facts, node: '20.18.9' }))).toEqual([expect.stringContaining('nodejs.org')]);
    expect(needing(checkVersions({ ...facts, runningHub: '0.9.0' }))).toEqual([expect.stringContaining('Restart')]);
  });
});

describe('checkInflux', () => {
  const probe: InfluxProbe = {
    place: 'http://db:8086',
    database: 'seawall',
    version: '1.6.7',
    write: 'taken',
    failure: undefined,
  };

  it('is content with one that takes writes, or that has yet to be set up, and says nothing of another store', () => {
    expect(checkInflux(undefined)).toEqual([]);
    expect(checkInflux(probe)).toMatchObject([
      { state: 'ok', says: expect.stringMatching(/^InfluxDB 1\.6\.7 at http:\/\/db:8086 takes/) },
    ]);
    expect(needing(checkInflux({ ...probe, write: 'absent', failure: 'database not found' }))).toEqual([]);
  });

  it('says of one that lets nobody in, or is not there, what to do, and what goes on meanwhile', () => {
    const failure = 'InfluxDB at http://db:8086 does not let Seawall in.';
    const [refused] = needing(checkInflux({ ...probe, write: 'refused', failure }));
    expect(refused).toMatch(/does not let Seawall in\. .*SEAWALL_INFLUX_TOKEN.*wait in the journal/);
    const [gone] = needing(checkInflux({ ...probe, version: undefined, write: 'not tried', failure }));
    expect(gone).toMatch(/--influx-url/);
  });

  it('says of one that belongs to another hub what to do', () => {
    const failure = 'The database "seawall" holds what another hub has written.';
    const [foreign] = needing(checkInflux({ ...probe, write: 'foreign', failure }));
    expect(foreign).toMatch(/holds what another hub has written\. .*--influx-database/);
    expect(foreign).not.toMatch(/TOKEN/);
  });
});

describe('checkPorts', () => {
  const port = (state: PortState, number = 1883) => [{ flag: '--mqtt-port', bind: '127.0.0.1', port: number, state }];
  const taken = (pid: number): PortState => ({ kind: 'taken', by: { pid, program: 'mosquitto' } });

  it('lets a hub have its own ports, and takes free ones and 0 for well', () => {
    expect(needing(checkPorts(port(taken(7)), { pid: 7 }))).toEqual([]);
    expect(needing(checkPorts(port({ kind: 'free' }), undefined))).toEqual([]);
    expect(needing(checkPorts(port({ kind: 'free' }, 0), undefined))).toEqual([]);
  });

  it('names who has a port, and the flag that chooses another', () => {
    expect(needing(checkPorts(port(taken(8)), { pid: 7 }))).toEqual([
      'Port 1883 on 127.0.0.1 (--mqtt-port) is taken by mosquitto (process 8). Stop it, or choose another port with --mqtt-port.',
    ]);
    const [unseen] = needing(checkPorts(port({ kind: 'taken', by: undefined }), undefined));
    expect(unseen).toContain('lsof -iTCP:1883');
  });

  it('does not blame a hub whose ports can not be told from others', () => {
    expect(checkPorts(port({ kind: 'taken', by: undefined }), { pid: undefined })).toMatchObject([
      { state: 'unknown' },
    ]);
    expect(checkPorts(port({ kind: 'free' }), { pid: 7 })).toMatchObject([{ state: 'unknown' }]);
  });

  it.each([
    ['EACCES', '1023'],
    ['EADDRNOTAVAIL', '--bind'],
    ['ENOTFOUND', '--bind'],
    ['EMFILE', 'too many'],
  ])('says what to do about %s', (code, todo) => {
    expect(needing(checkPorts(port({ kind: 'refused', code, message: 'too many' }), undefined))[0]).toContain(todo);
  });
});

describe('checkDisk', () => {
  const facts: DiskFacts = {
    path: '/d',
    freeBytes: 50e9,
    totalBytes: 100e9,
    lowBytes: 2e9,
    reserveBytes: 0.5e9,
    freeInodes: 500,
    totalInodes: 1000,
    fileSystem: 0xef53,
    flushes: [3, 1, 2],
  };

  it('is content with a disk', () => {
    expect(needing(checkDisk(facts))).toEqual([]);
    expect(checkDisk(facts).at(-1)!.says).toContain('2 ms at the median and 3 ms at worst');
  });

  it.each<[string, Partial<DiskFacts>, string]>([
    ['little room', { freeBytes: 1e9 }, 'Make room before it is less than 500 MB'],
    ['too little room', { freeBytes: 0.4e9 }, 'until 500 MB are free again, nothing is acknowledged'],
    ['few inodes', { freeInodes: 5 }, 'Remove files'],
    ['tmpfs', { fileSystem: 0x01021994 }, 'in memory (tmpfs)'],
    ['NFS', { fileSystem: 0x6969 }, 'NFS'],
    ["a container's layer", { fileSystem: 0x794c7630 }, 'Mount a volume'],
    ['slow flushes', { flushes: [60, 70, 1] }, 'faster disk'],
    ['flushes faster than any disk', { flushes: [0.004, 0.003, 0.005] }, 'No disk is that fast'],
  ])('asks for attention to %s', (_, other, said) => {
    expect(needing(checkDisk({ ...facts, ...other }))).toEqual([expect.stringContaining(said)]);
  });

  it('tells what it could not look at', () => {
    const findings = checkDisk({ ...facts, totalInodes: 0, fileSystem: undefined, flushes: { notTried: 'no' } });
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'unknown', 'unknown']);
  });
});

describe('checkClock', () => {
  const now = Date.UTC(2026, 5, 1);

  it('is content while the clock is not behind the journal', () => {
    expect(needing(checkClock({ now, lastStamp: now - 86_400_000, running: false }))).toEqual([]);
    expect(needing(checkClock({ now, lastStamp: now - 1_000, running: true }))).toEqual([]);
    expect(needing(checkClock({ now, lastStamp: now + 1_000, running: true }))).toEqual([]);
  });

  it('tells of a clock that has gone back, was never set, or of a journal that stands still', () => {
    expect(needing(checkClock({ now, lastStamp: now + 3_600_000, running: false }))[0]).toContain('gone back by 1 h');
    expect(needing(checkClock({ now: 0, lastStamp: undefined, running: false }))[0]).toContain('not set');
    expect(needing(checkClock({ now, lastStamp: now - 60_000, running: true }))[0]).toContain('ticks every second');
  });

  it('says that it compared with nothing', () => {
    expect(checkClock({ now, lastStamp: undefined, running: false })).toMatchObject([{ state: 'unknown' }]);
  });
});

describe('checkDataDirectory', () => {
  const found = { isDirectory: true, ownerUid: 5, mode: 0o40700, writable: true, foreign: [], sizes: {}, damaged: [] };
  const facts: DirectoryFacts = {
    path: '/d',
    userUid: 5,
    above: { path: '/', writable: true },
    lock: { kind: 'free' },
    found,
  };

  it('is content with a folder of its own, and with none yet', () => {
    expect(needing(checkDataDirectory(facts))).toEqual([]);
    expect(needing(checkDataDirectory({ ...facts, found: undefined }))).toEqual([]);
  });

  it.each<[string, Partial<typeof found>, string]>([
    ['a file', { isDirectory: false }, 'no folder'],
    ["another user's", { ownerUid: 6 }, 'chown -R 5 /d'],
    ['one it may not write', { writable: false, ownerUid: 6 }, "can't be written"],
    ['an open one', { mode: 0o40755 }, 'chmod 700 /d'],
    ['one with other things in it', { foreign: ['photos'] as never }, 'photos'],
    ['a damaged file', { damaged: ['/d/series.duckdb'] as never }, 'damaged'],
  ])('asks for attention to %s', (_, other, said) => {
    expect(needing(checkDataDirectory({ ...facts, found: { ...found, ...other } }))).toEqual([
      expect.stringContaining(said),
    ]);
  });

  it('asks for attention to one that is not there and can not be made', () => {
    const above = { path: '/srv', writable: false };
    expect(needing(checkDataDirectory({ ...facts, path: '/srv/a/d', found: undefined, above }))).toEqual([
      expect.stringContaining('nothing may be written in /srv.'),
    ]);
    expect(needing(checkDataDirectory({ ...facts, above }))).toEqual([]);
  });

  it('names the process that holds the lock', () => {
    const findings = checkDataDirectory({ ...facts, lock: { kind: 'held', pid: 77 } });
    expect(findings.at(-1)).toMatchObject({ state: 'ok', says: 'A hub runs on it (process 77).' });
  });
});

describe('checkJournal', () => {
  const room = { bytes: 3e9, keptBytes: 2e9, limitBytes: 64e9, highWaterBytes: 8e9 };
  const running = {
    kind: 'running',
    url: 'http://h',
    ready: true,
    tokenRefused: false,
    failing: [],
    lags: { writer: 3 },
    room,
  } as const;

  it('is content with a hub that keeps up, and with one that is stopped', () => {
    expect(needing(checkJournal(running))).toEqual([]);
    const consumers = [{ name: 'writer', seq: 4 }];
    expect(needing(checkJournal({ kind: 'stopped', firstSeq: 5, lastSeq: 9, consumers, room }))).toEqual([]);
  });

  it('tells of roles that fall behind, of failing checks, and of a hub that does not answer', () => {
    expect(needing(checkJournal({ ...running, lags: { writer: 50_000 } }))[0]).toContain('50000 entries behind');
    const failing = [{ name: 'journal', detail: 'No space left.' }];
    expect(needing(checkJournal({ ...running, ready: false, failing }))).toEqual([
      expect.stringContaining('No space left. Make room on the disk'),
    ]);
    expect(needing(checkJournal({ kind: 'unreachable', url: 'http://h', message: 'refused' }))[0]).toContain('--url');
  });

  it('asks for the token where the hub tells little without', () => {
    const mute = { ...running, failing: undefined, lags: undefined, room: undefined };
    expect(checkJournal(mute)).toMatchObject([{ state: 'unknown', todo: 'Set SEAWALL_TOKEN.' }]);
    expect(needing(checkJournal({ ...mute, ready: false }))[0]).toContain('SEAWALL_TOKEN');
  });

  it('asks for attention to a token that the hub refuses', () => {
    const refused = { ...running, tokenRefused: true, failing: undefined, lags: undefined, room: undefined };
    expect(checkJournal(refused)).toMatchObject([
      { state: 'attention', says: 'The token is not that of the hub at http://h, which refuses it.' },
    ]);
  });

  it('tells of a file that has grown, and of more entries than it may keep, also of a hub that is stopped', () => {
    const grown = { ...room, bytes: 9e9 };
    expect(checkJournal(running).at(-1)!.says).toBe("The journal's file has 3.0 GB, and 2.0 GB of entries are kept.");
    expect(needing(checkJournal({ ...running, room: grown }))).toEqual([
      expect.stringMatching(/9\.0 GB, and 2\.0 GB of entries.*does not shrink.*restart the hub/),
    ]);
    const full = { ...room, keptBytes: 70e9 };
    const stopped = { kind: 'stopped', firstSeq: 5, lastSeq: 9, consumers: [], room: full } as const;
    expect(needing(checkJournal(stopped))).toEqual([expect.stringContaining('more than its limit of 64.0 GB')]);
  });

  it.each([3, 10])('tells of a consumer at %i, outside of the journal', (seq) => {
    const consumers = [{ name: 'engine', seq }];
    expect(needing(checkJournal({ kind: 'stopped', firstSeq: 5, lastSeq: 9, consumers, room }))).toHaveLength(1);
  });
});

describe('checkLastRun', () => {
  const now = Date.UTC(2026, 5, 30);

  it('asks for attention to a crash, but not for ever', () => {
    expect(needing(checkLastRun({ kind: 'clean', stamp: now }, true, now))).toEqual([]);
    expect(needing(checkLastRun({ kind: 'none' }, true, now))).toEqual([]);
    expect(needing(checkLastRun({ kind: 'crash', stamp: now - 1 }, true, now))).toHaveLength(1);
    expect(needing(checkLastRun({ kind: 'crash', stamp: now - 8 * 86_400_000 }, true, now))).toEqual([]);
    expect(needing(checkLastRun({ kind: 'crash', stamp: 1 }, false, now))[0]).toContain('start the hub again');
  });
});

describe('the report', () => {
  const findings: Finding[] = [
    { check: 'a', state: 'ok', says: 'Well.' },
    { check: 'long', state: 'attention', says: 'Bad.', todo: 'Mend it.' },
  ];

  it('lists findings with what to do, and sums up', () => {
    expect(reportText(findings, paint(false))).toBe(
      'ok  a     Well.\n!!  long  Bad.\n          Do: Mend it.\n\nOne finding needs attention.\n',
    );
    expect(reportText(findings.slice(0, 1), paint(false))).toContain('All well.');
    expect([needsAttention(findings), needsAttention(findings.slice(0, 1))]).toEqual([true, false]);
  });

  it('shows what only a terminal understands by its number', () => {
    const text = reportText(
      [{ check: 'a', state: 'attention', says: 'It says \u001b[2J.', todo: 'Do \u202e it.' }],
      paint(false),
    );
    expect(text).toContain('It says \\u001b[2J.');
    expect(text).toContain('Do \\u202e it.');
  });

  it('colours for terminals only', () => {
    expect(reportText(findings, paint(true))).toContain('\u001b[31m!!\u001b[0m');
  });
});

describe('parseMetrics', () => {
  it('reads names, labels and values', () => {
    const text = '# HELP x y\nseawall_a 3\nseawall_b{consumer="writer"} 1.5\nseawall_b{consumer="x",y="z w"} +Inf\n';
    expect(parseMetrics(text)).toEqual([
      { name: 'seawall_a', labels: {}, value: 3 },
      { name: 'seawall_b', labels: { consumer: 'writer' }, value: 1.5 },
      { name: 'seawall_b', labels: { consumer: 'x', y: 'z w' }, value: NaN },
    ]);
  });
});

describe('amounts', () => {
  it('are rounded for people', () => {
    expect([0, 999, 1_500, 2_345_678, 4e12].map(sizeText)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.5 kB',
      '2.3 MB',
      '4.0 TB',
    ]);
    expect([5, 1_500, 90_000, 5_400_000, 4 * 86_400_000].map(spanText)).toEqual([
      '5 ms',
      '1.5 s',
      '1.5 min',
      '1.5 h',
      '4 days',
    ]);
  });
});
