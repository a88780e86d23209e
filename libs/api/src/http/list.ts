import type { Page, PageRequest } from '@seawall/ports';
import { Problem } from './problem.ts';

/**
 * A page of a list. The ports throw a SyntaxError for a place that is none of theirs, which here is the client's fault.
 * @throws Problem 400
 */
export async function listPage<T>(page: PageRequest, ask: (page: PageRequest) => Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await ask(page);
  } catch (cause) {
    if (page.after === undefined || !(cause instanceof SyntaxError)) throw cause;
    const detail = 'The parameter "cursor" is no place in this list; give the "next" of its former page, or none.';
    throw new Problem('bad-request', detail, { cause });
  }
}

export async function mapPage<T, U>(page: Promise<Page<T>>, map: (item: T) => U): Promise<Page<U>> {
  const { items, next } = await page;
  return { items: items.map(map), next };
}
