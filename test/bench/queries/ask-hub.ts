import { startHub, type HubOptions } from '../../support/start-hub.ts';
import { hubAnswer, hubSource, type Answer } from './answers.ts';
import { ask, medianMs } from './ask.ts';
import type { Question } from './questions.ts';

export interface AskedHub {
  /** In the order of the questions. */
  readonly answers: readonly { readonly ms: number; readonly source: string | null; readonly answer: Answer }[];
  /** An answer without any work: what HTTP itself takes. */
  readonly emptyMs: number;
}

/** Starts a hub on what is stored, puts the questions to it over HTTP, and stops it. */
export async function askHub(options: HubOptions, asking: readonly Question[]): Promise<AskedHub> {
  const hub = await startHub({ readyTimeoutMs: 120_000, ...options });
  try {
    const answers: AskedHub['answers'][number][] = [];
    for (const question of asking) {
      const { hub: put } = question;
      const run =
        'path' in put
          ? () => ask(`${hub.http}${put.path}`)
          : () => ask(`${hub.http}/api/v1/query`, JSON.stringify(put.document));
      const ms = await medianMs(run);
      const text = await run();
      answers.push({ ms, source: hubSource(text), answer: hubAnswer(question, text) });
    }
    const emptyMs = await medianMs(() => ask(`${hub.http}/healthz`));
    await hub.stop();
    return { answers, emptyMs };
  } finally {
    if (hub.isRunning()) await hub.kill9();
  }
}
