/** What the query route answers, as the contract with the outside says. */
export interface QueryAnswer {
  readonly series: readonly {
    readonly domain: string;
    readonly metric: string;
    readonly unit: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly time: readonly number[];
    readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  }[];
  readonly step: string | null;
  readonly timeZone: string;
  readonly source: string;
  readonly expiredBefore?: number;
  readonly partial: readonly number[];
  readonly next: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** @throws Error with status and body unless the answer is 2xx */
export async function getJson<T>(base: string, path: string, token?: string): Promise<T> {
  return answerOf<T>(await fetch(new URL(path, base), { headers: authorization(token) }));
}

/** @throws Error with status and body unless the answer is 2xx */
export async function postJson<T>(base: string, path: string, body: unknown, token?: string): Promise<T> {
  const headers = { 'content-type': 'application/json', ...authorization(token) };
  return answerOf<T>(await fetch(new URL(path, base), { method: 'POST', headers, body: JSON.stringify(body) }));
}

export function query(base: string, document: Readonly<Record<string, unknown>>): Promise<QueryAnswer> {
  return postJson<QueryAnswer>(base, '/api/v1/query', document);
}

/** Every item of a list, page by page. */
export async function listAll<T>(base: string, path: string, limit = 500): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const url = new URL(path, base);
    url.searchParams.set('limit', String(limit));
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const page: Page<T> = await answerOf<Page<T>>(await fetch(url));
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text.slice(0, 1000)}`);
  return JSON.parse(text) as T;
}
