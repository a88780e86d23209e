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
    throw notAPlace(cause);
  }
}

const AFTER = 'after:';

/** `listPage` of a list by id, where any text is a place to the port: a cursor of ours is told by how it begins. */
export async function listPageById<T>(
  page: PageRequest,
  ask: (page: PageRequest) => Promise<Page<T>>,
): Promise<Page<T>> {
  const { limit, after } = page;
  if (after !== undefined && !after.startsWith(AFTER)) throw notAPlace();
  const { items, next } = await ask(after === undefined ? page : { limit, after: after.slice(AFTER.length) });
  return { items, next: next === null ? null : AFTER + next };
}

function notAPlace(cause?: unknown): Problem {
  const detail = 'The parameter "cursor" is no place in this list; give the "next" of its former page, or none.';
  return new Problem('bad-request', detail, { cause });
}

export async function mapPage<T, U>(page: Promise<Page<T>>, map: (item: T) => U): Promise<Page<U>> {
  const { items, next } = await page;
  return { items: items.map(map), next };
}
