import { ask } from './ask.ts';
import type { Question } from './questions.ts';

/** @returns what asks an InfluxDB over HTTP in the words of somebody who knows its language, and resolves to its answer's text */
export function putToInflux(url: string, database: string, { influxQl }: Question): () => Promise<string> {
  const address = `${url}/query?db=${database}&epoch=ms&q=${encodeURIComponent(influxQl)}`;
  return () => ask(address);
}
