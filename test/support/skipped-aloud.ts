import { writeSync } from 'node:fs';

/** Says on standard error, past Jest's buffering, what a test run leaves out and why. */
export function skippedAloud(what: string, why: string): void {
  writeSync(2, `SKIPPED: ${what}: ${why}\n`);
}
