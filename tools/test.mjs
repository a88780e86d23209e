// Every check of the project: format, lint with the import boundaries (through Nx, which knows them), and all tests.
// Types were checked by the build before. The last line says "N passed, N failed".
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { absentServers, leftOut } from './servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'seawall-test-'));
const jestResults = join(scratch, 'jest.json');

const absent = absentServers(existsSync);
if (absent.length > 0 && process.env.SEAWALL_REQUIRE_SERVERS === '1') {
  console.error(`seawall: SEAWALL_REQUIRE_SERVERS is set. ${leftOut(absent)}`);
  process.exit(1);
}

function start(args, stdio) {
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', ...stdio] });
}

/** @returns whether it ended with 0, once it has and all that it says was read */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

/** Runs in the gaps that the tests leave: they often wait, and must not have to wait for this. */
function beside(name, args) {
  const child = start(args, ['pipe', 'pipe']);
  setPriority(child.pid, 10);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ok = ended(child);
  return async () => {
    const passed = await ok;
    console.log(`\n── ${name}: ${passed ? 'passed' : `failed\n${output}`}`);
    return passed;
  };
}

const nxArgs = process.env.CI ? ['--skip-nx-cache'] : [];
const besides = [
  beside('format', [
    'node_modules/prettier/bin/prettier.cjs',
    '--check',
    '--cache',
    '--cache-strategy=content',
    '--log-level=warn',
    '.',
  ]),
  beside('lint and import boundaries', ['node_modules/nx/dist/bin/nx.js', 'run', 'seawall:lint-all', ...nxArgs]),
];
console.log('── tests (format and lint are checked meanwhile)');
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--json',
  `--outputFile=${jestResults}`,
  ...process.argv.slice(2),
];
const jestOk = await ended(start(jest, ['inherit', 'inherit']));
const checks = [];
for (const outcome of besides) checks.push(await outcome());

const counts = { passed: checks.filter(Boolean).length, failed: checks.filter((ok) => !ok).length, skipped: 0 };
try {
  const results = JSON.parse(readFileSync(jestResults, 'utf8'));
  counts.passed += results.numPassedTests;
  // A file that could not even be loaded has no tests to count, so it counts as one that failed.
  counts.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  counts.skipped = results.numPendingTests + results.numTodoTests;
} catch {
  console.error('seawall: the test runner left no results.');
}
rmSync(scratch, { recursive: true, force: true });
const ok = jestOk && counts.failed === 0;
if (!ok && counts.failed === 0) counts.failed = 1;
if (absent.length > 0) console.log(`\n${leftOut(absent)}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`);
process.exitCode = ok ? 0 : 1;
