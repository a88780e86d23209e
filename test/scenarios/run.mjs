#!/usr/bin/env node
// Every scenario, whole, with the city of 500 devices, at real hubs. Names given as arguments run these only.
import { existsSync } from 'node:fs';

const main = new URL('../dist/scenarios/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('This is not built yet; run "npm run build" first.\n');
  process.exit(2);
}
await import(main.href);
