import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  type ApiHeaderOptions,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { influxError } from '../http/influx-error.ts';
import { MAX_LIMIT } from '../http/parameters.ts';
import { pageOf, reference, type Schema, type SchemaName } from './schemas.ts';

export interface DocumentedParameter {
  readonly description: string;
  readonly example: string;
  /** A whole number from and to. */
  readonly range?: readonly [min: number, max: number];
  /** The only values there are; otherwise any text, and repeatable where the description says so. */
  readonly values?: readonly string[];
}

export interface DocumentedHeader {
  readonly description: string;
  readonly example: string;
}

export interface Documentation {
  readonly summary: string;
  readonly description?: string;
  /** Asks no token. */
  readonly open?: boolean;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, DocumentedParameter>>;
  readonly headers?: Readonly<Record<string, DocumentedHeader>>;
  /** Takes `limit` and `cursor`. */
  readonly list?: boolean;
  /** An example of the body. */
  readonly body?: unknown;
  readonly bodySchema?: SchemaName;
  /** Of the body; JSON unless given. */
  readonly bodyMedia?: string;
  /** By status, an example of the answer; null where there is no body. 4xx and 5xx are problems unless `open`. */
  readonly answers: Readonly<Record<number, unknown>>;
  /** Of 2xx, or for a list of its items. */
  readonly answerSchema?: SchemaName;
  /** Of the answers; JSON unless given. */
  readonly media?: readonly string[];
  /** By media type, an example of what 200 answers beside `media`. */
  readonly otherMedia?: Readonly<Record<string, string>>;
  /** Beside those that any such path may answer, see `usualProblems`. */
  readonly problems?: readonly number[];
  /** Errors are InfluxDB's, not problem documents. */
  readonly influxErrors?: boolean;
}

const PROBLEM = 'application/problem+json';
const SENTENCE = 'A sentence: what was wrong, and what to do.';

const LIST_PARAMETERS: Readonly<Record<string, DocumentedParameter>> = {
  limit: { description: 'How many at most; 100 unless given.', example: '100', range: [1, MAX_LIMIT] },
  cursor: { description: 'The `next` of the former page, as it is; none for the first.', example: '1024' },
};

/** One route in the OpenAPI document, with an example of all it takes and answers. */
export function Documented(doc: Documentation): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: doc.summary, ...(doc.description !== undefined && { description: doc.description }) }),
    ...(doc.open ? [] : [ApiSecurity('token')]),
    ...entries(doc.path).map(([name, example]) => ApiParam({ name, schema: { type: 'string', example } })),
    ...entries({ ...doc.query, ...(doc.list ? LIST_PARAMETERS : {}) }).map(queryParameter),
    ...entries(doc.headers).map(([name, header]) => ApiHeader(headerOf(name, header))),
    ...(doc.body === undefined ? [] : [bodyOf(doc)]),
    ...entries(doc.answers).map(([status, example]) => answer(Number(status), example, doc)),
    ...problemsOf(doc).map((status) => answer(status, {}, doc)),
  );
}

function problemsOf(doc: Documentation): number[] {
  const all = new Set([...usualProblems(doc), ...(doc.problems ?? [])]);
  return [...all].filter((status) => !Object.hasOwn(doc.answers, status)).sort((a, b) => a - b);
}

/** What the door answers, the server to what it can't read, a hub that is stopping, and whoever reads a body. */
function usualProblems({ open, body }: Documentation): readonly number[] {
  if (open) return [];
  return [400, 401, 403, ...(body === undefined ? [] : [413, 415]), 503];
}

function entries<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(record ?? {});
}

function queryParameter([name, { description, example, values, range }]: [
  string,
  DocumentedParameter,
]): MethodDecorator {
  const schema =
    range === undefined
      ? { type: 'string', ...(values !== undefined && { enum: [...values] }), example }
      : { type: 'integer', minimum: range[0], maximum: range[1], example: Number(example) };
  return ApiQuery({ name, description, required: false, schema });
}

function headerOf(name: string, { description, example }: DocumentedHeader): ApiHeaderOptions {
  return { name, description, required: false, schema: { type: 'string', example } };
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
    content: {
      ...Object.fromEntries(media.map((type) => [type, { schema: schemaOf(failed, doc), example: shown }])),
      ...(failed ? {} : otherMediaOf(doc)),
    },
  });
}

function errorExample(status: number, doc: Documentation): Record<string, unknown> {
  return doc.influxErrors ? { ...influxError({ status, message: SENTENCE }) } : problemExample(status);
}

function schemaOf(failed: boolean, { influxErrors, answerSchema, list, media }: Documentation): Schema {
  if (failed) return reference(influxErrors ? 'InfluxError' : 'Problem');
  if (answerSchema !== undefined) return list ? pageOf(answerSchema) : reference(answerSchema);
  return media === undefined ? { type: 'object' } : { type: 'string' };
}

function otherMediaOf({ otherMedia = {} }: Documentation): Record<string, { schema: Schema; example: string }> {
  return Object.fromEntries(
    entries(otherMedia).map(([type, example]) => [type, { schema: { type: 'string' }, example }]),
  );
}

function bodyOf({ body, bodyMedia, bodySchema }: Documentation): MethodDecorator {
  // Beside a reference a schema may say more since OpenAPI 3.1.
  const schema = { ...(bodySchema === undefined ? { type: 'string' } : reference(bodySchema)), example: body };
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
