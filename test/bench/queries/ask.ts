import { Agent, request } from 'node:http';
import { median } from '../statistics.ts';

/** As who has answered for a while, whose code is compiled by then, and caches as they are. */
const WARM_UP_MS = 2_000;
const WARM_UPS_AT_LEAST = 3;
const ROUNDS = 31;
/** Slow ones are run less often, but this often. */
const ROUNDS_AT_LEAST = 3;
const ENOUGH_MS = 20_000;

const agent = new Agent({ keepAlive: true });

/** @returns the body, once all of it has come @throws Error with status and body unless the answer is 2xx */
export function ask(url: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asking = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/**
 * Runs all of them in turn, after each has warmed up: in a loop of its own each would have the processor's caches for itself,
 * a program that does nothing else most of all, and a ratio of two would be of different things. The order is drawn anew each
 * round: whoever always came second would find in them what the first had asked the same server for.
 * @returns the median of each, in ms
 */
export async function mediansInTurn(runs: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  for (const run of runs) await warmUp(run);
  const took: number[][] = runs.map(() => []);
  let spent = 0;
  for (let round = 0; round < ROUNDS && (round < ROUNDS_AT_LEAST || spent < ENOUGH_MS); round++) {
    for (const i of shuffled(runs.length)) {
      const began = performance.now();
      await runs[i]!();
      took[i]!.push(performance.now() - began);
      spent += took[i]!.at(-1)!;
    }
  }
  return took.map(median);
}

/** The numbers below `count` in any order. */
function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let left = count; left > 1; left--) {
    const [drawn] = numbers.splice(Math.floor(Math.random() * left), 1);
    numbers.push(drawn!);
  }
  return numbers;
}

async function warmUp(run: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + WARM_UP_MS;
  for (let i = 0; i < WARM_UPS_AT_LEAST || performance.now() < until; i++) await run();
}
