import type { RecordingSummary } from '@seawall/devices-sim';
import Table from 'cli-table3';

/** What a recording held and what of it could not be used, for the terminal. */
export function recordingReport({
  files,
  rows,
  readings,
  repeated,
  missing,
  rejected,
  warnings,
}: RecordingSummary): string {
  const total = rejected.reduce((sum, { count }) => sum + count, 0);
  const lines = [
    `${files} ${files === 1 ? 'file' : 'files'}, ${rows} rows: ${readings} readings, ${missing} empty cells, ${total} rejected.`,
    ...(repeated === 0
      ? []
      : [`${repeated} readings came again with the same device, metric and time; of these the hub keeps the last.`]),
    ...warnings,
  ];
  if (rejected.length > 0) {
    const table = new Table({ head: ['reason', 'count', 'for example'], style: { head: [], border: [] } });
    for (const { reason, count, examples } of rejected) {
      table.push([
        reason,
        count,
        examples
          .map(({ file, line, detail }) => `${line === undefined ? file : `${file}:${line}`} ${detail}`)
          .join('\n'),
      ]);
    }
    lines.push(table.toString());
  }
  return `${lines.join('\n')}\n`;
}
