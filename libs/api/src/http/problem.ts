/** The kinds of problem, by the last part of their `type`; the list only grows. */
const KINDS = {
  'bad-request': { status: 400, title: 'The request can not be understood' },
  'unreadable-body': { status: 400, title: 'The body can not be read' },
  'invalid-query': { status: 400, title: 'The query is not valid' },
  'invalid-rule': { status: 400, title: 'The rule is not valid' },
  unauthorized: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'The request is refused' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'not-acceptable': { status: 406, title: 'The answer has no such format' },
  conflict: { status: 409, title: 'The request does not fit the present state' },
  'precondition-failed': { status: 412, title: 'It was changed in the meantime' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-encoding': { status: 415, title: 'The body has an unknown encoding' },
  'nothing-usable': { status: 422, title: 'No reading could be used' },
  'key-reused': { status: 422, title: 'The idempotency key was used for another body' },
  overloaded: { status: 429, title: 'More arrives than can be taken' },
  internal: { status: 500, title: 'The hub failed on this request' },
  'not-built': { status: 501, title: 'Not built yet' },
  unavailable: { status: 503, title: 'The hub can not do this now' },
  'no-room': { status: 507, title: 'The disk has too little room' },
  'query-timeout': { status: 504, title: 'The query took too long' },
} as const;

export type ProblemKind = keyof typeof KINDS;

export interface ProblemDetails {
  /** Members beside RFC 9457's own: `issues`, `errors`, … */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly cause?: unknown;
}

/** A problem document (RFC 9457) on its way to the client. `message` is its `detail`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(kind: ProblemKind, detail: string, details: ProblemDetails = {}) {
    super(detail, { cause: details.cause });
    this.kind = kind;
    this.status = KINDS[kind].status;
    this.headers = details.headers ?? {};
    this.members = details.members ?? {};
  }

  toJSON(): Record<string, unknown> {
    const { status, title } = KINDS[this.kind];
    return { ...this.members, type: `urn:seawall:problem:${this.kind}`, title, status, detail: this.message };
  }
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export function retryLater(seconds: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}
