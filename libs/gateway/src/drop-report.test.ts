import { expect, it } from '@jest/globals';
import { DropReport } from './drop-report.ts';
import { recordingLog } from './gateway-fixture.ts';

it('tells in one line what was dropped since the last, and nothing when nothing was', () => {
  const log = recordingLog();
  const counts = { droppedQueued: 5, droppedRetained: 0 };
  const status = () => ({ ...counts, retained: 0, sessions: 33, queuedPackets: 9, queuedBytes: 900, bytes: 0 });
  const report = new DropReport(status, log);
  report.tell();
  expect(log.lines).toEqual([]);
  counts.droppedQueued = 12;
  report.tell();
  counts.droppedRetained = 2;
  report.tell();
  report.tell();
  expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { queued: 7, retained: 0, queuedBytes: 900, sessions: 33 }],
    ['warn', { queued: 0, retained: 2, queuedBytes: 900, sessions: 33 }],
  ]);
});
