#!/usr/bin/env node
// A storm with every fault, lived through at a real hub with an eye on its memory; then every rollup against its readings.
import { existsSync } from 'node:fs';

const main = new URL('../dist/scenarios/soak-main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('This is not built yet; run "npm run build" first.\n');
  process.exit(2);
}
await import(main.href);
