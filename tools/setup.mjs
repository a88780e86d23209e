// Makes a fresh clone ready: dependencies when the lock file changed, then the build. Node's own modules only, and
// syntax that old Nodes can read, so that they get the sentence below instead of a stack trace.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Seawall needs Node 20.19 or newer; this is Node ${process.versions.node}. See https://nodejs.org.`);
  process.exit(1);
}

function run(what, command, args) {
  console.error(`seawall: ${what} …`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`seawall: ${what} failed${error ? `: ${error.message}` : ''}.`);
    process.exit(status ?? 1);
  }
}

const lockHash = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
const note = `${root}node_modules/.seawall-lock`;
const installed = existsSync(note) && readFileSync(note, 'utf8') === lockHash;
if (!installed) {
  run('installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(note, lockHash);
}
run('building', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
run('bundling', process.execPath, ['tools/bundle.mjs']);
