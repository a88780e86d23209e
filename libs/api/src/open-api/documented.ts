import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';

export interface DocumentedParameter {
  readonly description: string;
  readonly example: string;
  /** The only values there are; otherwise any text, and repeatable where the description says so. */
  readonly values?: readonly string[];
}

export interface Documentation {
  readonly summary: string;
  readonly description?: string;
  /** Asks no token. */
  readonly open?: boolean;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, DocumentedParameter>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes `limit` and `cursor`. */
  readonly list?: boolean;
  /** An example of the body. */
  readonly body?: unknown;
  /** By status, an example of the answer; null where there is no body. 4xx and 5xx are problems unless `open`. */
  readonly answers: Readonly<Record<number, unknown>>;
  /** Of the answers; JSON unless given. */
  readonly media?: readonly string[];
  readonly problems?: readonly number[];
}

const LIST_PARAMETERS: Readonly<Record<string, DocumentedParameter>> = {
  limit: { description: 'How many at most, 1 to 1000; 100 unless given.', example: '100' },
  cursor: { description: 'The `next` of the former page.', example: '' },
};

/** One route in the OpenAPI document, with an example of all it takes and answers. */
export function Documented(doc: Documentation): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: doc.summary, ...(doc.description !== undefined && { description: doc.description }) }),
    ...(doc.open ? [] : [ApiSecurity('token')]),
    ...entries(doc.path).map(([name, example]) => ApiParam({ name, example, schema: { type: 'string' } })),
    ...entries({ ...doc.query, ...(doc.list ? LIST_PARAMETERS : {}) }).map(queryParameter),
    ...entries(doc.headers).map(([name, description]) => ApiHeader({ name, description, required: false })),
    ...(doc.body === undefined ? [] : [ApiBody({ required: true, schema: { example: doc.body } })]),
    ...entries(doc.answers).map(([status, example]) => answer(Number(status), example, doc)),
    ...(doc.problems ?? []).map(problem),
  );
}

function entries<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(record ?? {});
}

function queryParameter([name, { description, example, values }]: [string, DocumentedParameter]): MethodDecorator {
  const schema = { type: 'string', ...(values !== undefined && { enum: [...values] }) };
  return ApiQuery({ name, description, required: false, schema, ...(example !== '' && { example }) });
}

function answer(status: number, example: unknown, doc: Documentation): MethodDecorator {
  const description = STATUS_CODES[status]!;
  if (example === null) return ApiResponse({ status, description });
  const media = status >= 400 && !doc.open ? ['application/problem+json'] : (doc.media ?? ['application/json']);
  const shown = status >= 400 && !doc.open ? { ...problemExample(status), ...(example as object) } : example;
  return ApiResponse({
    status,
    description,
    content: Object.fromEntries(media.map((type) => [type, { example: shown }])),
  });
}

function problem(status: number): MethodDecorator {
  const content = { 'application/problem+json': { example: problemExample(status) } };
  return ApiResponse({ status, description: STATUS_CODES[status]!, content });
}

function problemExample(status: number): Record<string, unknown> {
  return {
    type: 'urn:seawall:problem:…',
    title: STATUS_CODES[status],
    status,
    detail: 'A sentence: what was wrong, and what to do.',
  };
}
