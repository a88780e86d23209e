import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What InfluxDB 2 answers of what a store needs to set itself up and to write; to every query: nothing. */
export interface FakeInflux {
  readonly url: string;
  readonly buckets: string[];
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface FakeInfluxOptions {
  readonly version?: string;
  readonly buckets?: readonly string[];
  readonly orgs?: readonly string[];
  readonly mayCreate?: boolean;
}

export async function startFakeInflux(options: FakeInfluxOptions = {}): Promise<FakeInflux> {
  const { version = 'v2.7.1', orgs = ['city'], mayCreate = true } = options;
  const buckets = [...(options.buckets ?? [])];
  const seen: SeenRequest[] = [];
  const answerTo = ({ path, parameters, body }: SeenRequest, method: string): readonly [number, object?] => {
    if (path.endsWith('/ping') || path.endsWith('/write')) return [204];
    if (path.endsWith('/query')) return [200, { results: [{ statement_id: 0 }] }];
    if (path.endsWith('/orgs')) return [200, { orgs: orgs.map((name) => ({ id: `id of ${name}`, name })) }];
    if (method === 'GET')
      return [200, { buckets: buckets.filter((name) => name === parameters['name']).map((name) => ({ name })) }];
    if (!mayCreate) return [401, { code: 'unauthorized', message: 'unauthorized access' }];
    const { name, orgID } = JSON.parse(body) as { readonly name: string; readonly orgID: string };
    if (orgID !== 'id of city') return [404, { code: 'not found', message: 'organization not found' }];
    buckets.push(name);
    return [201, { name }];
  };
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const url = new URL(request.url!, 'http://fake');
      const parameters = Object.fromEntries(url.searchParams);
      const { authorization } = request.headers;
      seen.push({ path: url.pathname, parameters, authorization, body });
      const [status, document] = answerTo(seen.at(-1)!, request.method!);
      response.writeHead(status, { 'content-type': 'application/json', 'x-influxdb-version': version });
      response.end(document === undefined ? undefined : JSON.stringify(document));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    buckets,
    seen,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
