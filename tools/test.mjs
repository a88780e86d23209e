// Every check of the project: format, lint with the import boundaries (through Nx, which knows them), then all tests.
// Types were checked by the build before. The last line says "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

function check(name, args, env = {}) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return status === 0;
}

const nxArgs = process.env.CI ? ['--skip-nx-cache'] : [];
const checks = [
  check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']),
  check('lint and import boundaries', ['node_modules/nx/dist/bin/nx.js', 'run', 'seawall:lint-all', ...nxArgs]),
];
const jestOk = check('tests', [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--json',
  `--outputFile=${jestResults}`,
  ...process.argv.slice(2),
]);

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
