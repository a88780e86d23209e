#!/usr/bin/env node
// Recorded data through a real hub, and every answer compared with arithmetic of its own. `--json` prints the report as JSON.
import { existsSync } from 'node:fs';

const main = new URL('../dist/real-data/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('This is not built yet; run "npm run build" first.\n');
  process.exit(2);
}
await import(main.href);
