import { durationMs } from '@seawall/calendar';

/** An offset from a scenario's start: "0", "90m", "9h30m". @returns milliseconds, or undefined if it is none */
export function parseOffset(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d{1,6}[hms])+$/.test(text)) return undefined;
  return text.match(/\d+[hms]/g)!.reduce((sum, part) => sum + (/^0+[hms]$/.test(part) ? 0 : durationMs(part)), 0);
}
