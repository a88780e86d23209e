import { Agent, request } from 'node:http';
import { median } from '../statistics.ts';

/** As a hub that has answered for a while, whose code is compiled by then, and caches as they are. */
const WARM_UP_MS = 2_000;
const WARM_UPS_AT_LEAST = 3;
const RUNS = 15;
/** A slow one is run less often, but this often. */
const RUNS_AT_LEAST = 3;
const ENOUGH_MS = 10_000;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

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

/** The median of several runs after a warm-up, in ms. */
export async function medianMs(run: () => Promise<unknown>): Promise<number> {
  const warm = performance.now() + WARM_UP_MS;
  for (let i = 0; i < WARM_UPS_AT_LEAST || performance.now() < warm; i++) await run();
  const took: number[] = [];
  let spent = 0;
  while (took.length < RUNS && (took.length < RUNS_AT_LEAST || spent < ENOUGH_MS)) {
    const began = performance.now();
    await run();
    took.push(performance.now() - began);
    spent += took.at(-1)!;
  }
  return median(took);
}
