import { influxAnswer, type Answer } from './answers.ts';
import { ask, medianMs } from './ask.ts';
import type { Question } from './questions.ts';

/** Puts the questions to an InfluxDB over HTTP, in the words of somebody who knows its language. */
export async function askInfluxQl(
  url: string,
  database: string,
  asking: readonly Question[],
): Promise<readonly { readonly ms: number; readonly answer: Answer }[]> {
  const answers: { ms: number; answer: Answer }[] = [];
  for (const question of asking) {
    const address = `${url}/query?db=${database}&epoch=ms&q=${encodeURIComponent(question.influxQl)}`;
    const ms = await medianMs(() => ask(address));
    answers.push({ ms, answer: influxAnswer(question, await ask(address)) });
  }
  return answers;
}
