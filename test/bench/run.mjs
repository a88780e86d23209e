#!/usr/bin/env node
// Ratios measured in one run on one machine; see README.md beside this file.
import { existsSync } from 'node:fs';

const main = new URL('../dist/bench/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('The bench is not built yet; run "npm run build" first.\n');
  process.exit(2);
}
await import(main.href);
