import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { influxError } from '../http/influx-error.ts';

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
  /** Of the body; JSON unless given. */
  readonly bodyMedia?: string;
  /** By status, an example of the answer; null where there is no body. 4xx and 5xx are problems unless `open`. */
  readonly answers: Readonly<Record<number, unknown>>;
  /** Of the answers; JSON unless given. */
  readonly media?: readonly string[];
  readonly problems?: readonly number[];
  /** Errors are InfluxDB's, not problem documents. */
  readonly influxErrors?: boolean;
}

const PROBLEM = 'application/problem+json';
const SENTENCE = 'A sentence: what was wrong, and what to do.';

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
    ...(doc.body === undefined ? [] : [bodyOf(doc)]),
    ...entries(doc.answers).map(([status, example]) => answer(Number(status), example, doc)),
    ...(doc.problems ?? []).map((status) => answer(status, {}, doc)),
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
  const failed = status >= 400 && !doc.open;
  const media = failed ? [doc.influxErrors ? 'application/json' : PROBLEM] : (doc.media ?? ['application/json']);
  const shown = failed ? { ...errorExample(status, doc), ...(example as object) } : example;
  return ApiResponse({
    status,
    description,
    content: Object.fromEntries(media.map((type) => [type, { example: shown }])),
  });
}

function errorExample(status: number, doc: Documentation): Record<string, unknown> {
  return doc.influxErrors ? { ...influxError({ status, message: SENTENCE }) } : problemExample(status);
}

function bodyOf({ body, bodyMedia }: Documentation): MethodDecorator {
  const schema = { ...(typeof body === 'string' && { type: 'string' }), example: body };
  return applyDecorators(ApiConsumes(bodyMedia ?? 'application/json'), ApiBody({ required: true, schema }));
}

function problemExample(status: number): Record<string, unknown> {
  return {
    type: 'urn:seawall:problem:…',
    title: STATUS_CODES[status],
    status,
    detail: SENTENCE,
  };
}
