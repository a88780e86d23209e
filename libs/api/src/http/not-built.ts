import { Problem } from './problem.ts';

/** Routes of the contract, or reserved by it, that are not built yet: refused by name, not unknown. */
const NOT_BUILT: readonly { readonly path: RegExp; readonly instead: string }[] = [
  { path: /^\/api\/v2(\/|$)/, instead: 'Write with POST /api/v2/write; for all else use /api/v1, see /api/docs.' },
  { path: /^\/write$/, instead: 'Send line protocol to POST /api/v2/write.' },
  { path: /^\/query$/, instead: 'Ask POST /api/v1/query.' },
  { path: /^\/ping$/, instead: 'Ask GET /healthz.' },
  { path: /^\/prometheus(\/|$)/, instead: "Ask POST /api/v1/query; the hub's own metrics are at GET /metrics." },
  { path: /^\/api\/v1\/backtests(\/|$)/, instead: 'A rule can be tried on live data with POST /api/v1/rules.' },
  { path: /^\/api\/v1\/silences(\/|$)/, instead: 'An alert can be acknowledged with POST /api/v1/alerts/:id/ack.' },
];

/** @param path without the query string @returns undefined if the path is none of the contract's */
export function notBuilt(method: string, path: string): Problem | undefined {
  const found = NOT_BUILT.find((route) => route.path.test(path));
  if (found === undefined) return undefined;
  return new Problem(
    'not-built',
    `${method} ${path} belongs to Seawall's contract but is not built yet. ${found.instead}`,
  );
}
