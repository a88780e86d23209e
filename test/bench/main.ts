import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../support/repository.ts';
import { describeMachine } from './machine.ts';
import { PARTS, type Part } from './parts.ts';
import { report, type Measured } from './report.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

try {
  await bench(readArguments());
} catch (error) {
  const { code, message } = error as Error & { code?: unknown };
  if (!(error instanceof RangeError) && !String(code).startsWith('ERR_PARSE_ARGS')) throw error;
  say(message);
  process.exitCode = 2;
}

async function bench({ parts, ...options }: ReturnType<typeof readArguments>): Promise<void> {
  const result = { at: new Date().toISOString(), machine: describeMachine() };
  let measured: Measured = {};
  for (const part of parts) {
    say(`Measuring ${part} …`);
    measured = { ...measured, ...(await PARTS[part](options)) };
  }
  const file = join(repositoryRoot, 'test/bench/results', parts.length === 1 ? `${parts[0]}.json` : 'latest.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...result, ...measured }, null, 2)}\n`);
  console.log(report({ ...result, ...measured }));
  say(`Written to ${file}`);
}

/** @throws RangeError with a sentence */
function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '180' },
      'fill-minutes': { type: 'string', default: '60' },
      readings: { type: 'string' },
      keep: { type: 'string' },
    },
  });
  const names = Object.keys(PARTS) as Part[];
  const isPart = (name: string): name is Part => (names as string[]).includes(name);
  const wrong = positionals.find((name) => !isPart(name));
  if (wrong !== undefined) throw new RangeError(`The bench has no part "${wrong}"; it has ${names.join(', ')}.`);
  if (positionals.length > 1) throw new RangeError('Give one part of the bench, or none for all of it.');
  return {
    parts: positionals.length === 0 ? names : positionals.filter(isPart),
    seconds: positive('--seconds', values.seconds),
    fillMinutes: positive('--fill-minutes', values['fill-minutes']),
    readings: values.readings === undefined ? undefined : positive('--readings', values.readings),
    keep: values.keep,
  };
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${flag} takes a whole number above 0, not "${text}".`);
  return value;
}
