import { ask } from './ask.ts';
import type { Question } from './questions.ts';

/** @returns what asks a hub over HTTP, and resolves to its answer's text */
export function putToHub(http: string, { hub }: Question): () => Promise<string> {
  if ('path' in hub) return () => ask(`${http}${hub.path}`);
  const body = JSON.stringify(hub.document);
  return () => ask(`${http}/api/v1/query`, body);
}
