import { QUERY_SOURCES, REJECTION_REASONS, SEVERITIES, WINDOW_AGGREGATES } from '@seawall/model';
import { MAX_LISTED_SPANS } from '../http/views.ts';

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const text = { type: 'string' };
const number = { type: 'number' };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', format: 'date-time' };
const texts = { type: 'array', items: text };
const textMap = { type: 'object', additionalProperties: text };
const where = { type: 'object', additionalProperties: texts };
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] });
const arrayOf = (items: Schema): Schema => ({ type: 'array', items });
export const reference = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` });

/** What a client must send, or may rely on, is required; receivers ignore fields they do not know. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } };
}

const location = object({ lat: number, lon: number });
const ofSeries = { domain: text, device: text, metric: text, unit: orNull(text), labels: textMap };
const latest = { time: { ...number, description: 'Epoch ms.' }, value: number };

const reading = {
  type: ['number', 'boolean', 'string', 'null', 'object'],
  description:
    'A number, true or false, or the name of a declared state; null is no reading. Names of nested objects are joined with ".".',
};
const ts = {
  type: ['number', 'string', 'null'],
  description: 'Epoch ms or RFC 3339; the time of arrival where it is null or not given.',
};
const element: Schema = {
  oneOf: [
    {
      ...object({ values: { type: 'object', additionalProperties: reading } }, { ts, domain: text, device: text }),
      title: 'By metric in values',
    },
    {
      ...object({}, { ts }),
      additionalProperties: reading,
      not: { required: ['values'] },
      title: 'By metric beside ts, where the parameters name domain and device',
    },
  ],
};

const conditionFields = { where, for: text, keepFiringFor: text };
const thresholdFields = {
  ...conditionFields,
  above: number,
  below: number,
  outside: { ...arrayOf(number), minItems: 2, maxItems: 2 },
  clear: number,
  early: { type: 'boolean' },
};
const measured = {
  domain: text,
  metric: text,
  aggregate: { anyOf: [{ enum: WINDOW_AGGREGATES }, { type: 'string', pattern: '^p[1-9][0-9]?$' }] },
};
const condition: Schema = {
  oneOf: [
    { ...object({ ...measured, window: text }, { ...thresholdFields, every: text }), title: 'On windows' },
    { ...object({ ...measured, session: text }, thresholdFields), title: 'On sessions' },
    {
      ...object(
        { domain: text, absent: object({ missed: { type: 'number', minimum: 1 } }, { after: text }) },
        { ...conditionFields, metric: text, above: count },
      ),
      title: 'On silence',
    },
  ],
};

const rule = object(
  { severity: { enum: SEVERITIES }, when: condition },
  { id: text, summary: text, groupBy: texts, labels: textMap, annotations: textMap },
);

const alert = object({
  id: text,
  key: text,
  revision: count,
  state: { enum: ['pending', 'firing', 'resolved'] },
  severity: { enum: SEVERITIES },
  mode: { enum: ['actual', 'exercise', 'test'] },
  rule: text,
  summary: text,
  labels: textMap,
  annotations: textMap,
  metric: text,
  unit: orNull(text),
  value: number,
  startsAt: time,
  updatedAt: time,
  endsAt: orNull(time),
  ack: orNull(object({ by: text, at: time, comment: text })),
  silencedBy: texts,
  inhibitedBy: texts,
  location: orNull(location),
  url: orNull(text),
  evidence: object({ domain: text, aggregate: text, windowStart: time, windowEnd: time, count, threshold: text }),
  corrects: orNull(text),
});

const degrees = (most: 90 | 180): Schema => ({ type: 'number', minimum: -most, maximum: most });
const circle = object({ lat: degrees(90), lon: degrees(180), radiusM: { type: 'number', exclusiveMinimum: 0 } });
const area = {
  description:
    "Only devices whose place, as it is described now, lies in it. `box` is RFC 7946's: west, south, east, north.",
  oneOf: [
    { ...object({ box: { ...arrayOf(number), minItems: 4, maxItems: 4 } }), additionalProperties: false },
    { ...object({ circle }), additionalProperties: false },
  ],
};

const answeredSeries = object({
  domain: text,
  metric: text,
  unit: orNull(text),
  labels: textMap,
  time: { ...arrayOf(number), description: 'Epoch ms.' },
  values: { type: 'object', additionalProperties: arrayOf({ type: ['number', 'null'] }) },
});

const rejection = object(
  {
    reason: { enum: REJECTION_REASONS },
    detail: text,
    topic: text,
    pointer: { ...text, description: 'RFC 6901, into the payload.' },
    receivedAt: time,
    sample: text,
  },
  {
    device: text,
    domain: text,
    id: text,
    count: { ...count, description: 'How many it stands for, where a body had more than 1,000; else absent.' },
  },
);

export const SCHEMAS = {
  // RFC 9457, 3.2: members of its own kind are added.
  Problem: {
    ...object(
      { type: text, title: text, status: count, detail: text },
      {
        instance: { ...text, description: "Of a fault of the hub's: its log has the cause under this." },
        issues: {
          ...arrayOf(object({ message: text }, { field: text, path: text })),
          description: 'Of a query or rule: each fault, with the `field` of the query or the `path` in the rule.',
        },
        limit: { ...count, description: 'Of a body that is too large: the bytes it may have.' },
        accepted: { ...count, description: 'Where no reading could be used, as in a receipt; so are the next three.' },
        rejected: count,
        outOfRange: count,
        errors: arrayOf({ $ref: '#/components/schemas/Rejection' }),
      },
    ),
    additionalProperties: {},
  },
  InfluxError: object({ code: text, message: text }),
  Telemetry: { oneOf: [element, { type: 'array', items: element }] },
  Rejection: rejection,
  Receipt: object(
    { accepted: count, rejected: count, errors: arrayOf({ $ref: '#/components/schemas/Rejection' }) },
    { outOfRange: count },
  ),
  Device: object({
    id: text,
    domains: texts,
    description: { type: 'object' },
    labels: textMap,
    labelHistory: {
      ...arrayOf(object({ from: orNull(time), labels: textMap })),
      description: `Of a device in a list the newest ${MAX_LISTED_SPANS} at most; the first is the whole history's if its from is null.`,
    },
    status: { enum: ['online', 'offline', 'unknown'] },
    statusAt: orNull(time),
    firstSeen: time,
  }),
  Series: object({ ...ofSeries, latest: orNull(object(latest)) }),
  Latest: object({ ...ofSeries, ...latest }),
  Query: object(
    { metrics: texts, from: { type: ['string', 'number'] } },
    {
      where,
      area,
      to: { type: ['string', 'number'] },
      offset: {
        ...text,
        description: 'Asks the same of the range moved by it, such as -7d, under the times of this one.',
      },
      step: { ...text, description: 'A duration, or auto, which takes maxPoints.' },
      maxPoints: { ...count, description: 'With the step auto: points a series at most.' },
      aggregate: texts,
      timeZone: text,
      groupBy: texts,
      fill: { type: ['string', 'number'] },
      flags: { type: 'boolean', description: 'Raw readings only: with `flags` beside `value`; 1 is out of range.' },
      limit: count,
      cursor: text,
    },
  ),
  QueryAnswer: object(
    {
      series: arrayOf(answeredSeries),
      step: orNull(text),
      timeZone: text,
      source: { enum: QUERY_SOURCES, description: 'The coarsest of what it was computed from.' },
      partial: {
        ...arrayOf(number),
        description:
          'Starts of the buckets that hold less than their time: `from` or `to` cuts them, or readings have expired.',
      },
      next: orNull(text),
    },
    {
      offset: text,
      expiredBefore: {
        ...number,
        description:
          'Where the range reaches behind what is kept: from here on (epoch ms) all of it is answered; what lay before, if anything did, has expired.',
      },
      percentileError: {
        ...number,
        description:
          'Where readings are gone and percentiles come from a sketch: they are off by this part of them at most.',
      },
    },
  ),
  Rule: rule,
  RuleVersion: object({ id: text, version: count, rule: orNull(rule), source: text }),
  Alert: alert,
  AlertHistory: object({
    alert: { $ref: '#/components/schemas/Alert' },
    transitions: arrayOf(
      object({
        from: text,
        to: text,
        alert: { $ref: '#/components/schemas/Alert' },
        because: text,
        levels: object({ domain: text }, { district: text, subject: text }),
      }),
    ),
  }),
  Backup: object({
    name: text,
    state: { enum: ['running', 'complete', 'failed'] },
    directory: { ...text, description: "On the hub's machine." },
    startedAt: time,
    finishedAt: orNull(time),
    step: { enum: ['copying', 'verifying', null] },
    progress: { ...number, description: 'Of the work, 0 to 1.' },
    bytes: count,
    readings: { ...orNull(count), description: 'Counted in the copy.' },
    series: orNull(count),
    failure: orNull(text),
  }),
  BackupName: object({}, { name: text }),
  Acknowledgement: object({ by: text }, { comment: text }),
} as const;

export type SchemaName = keyof typeof SCHEMAS;

/** One page of a list. */
export function pageOf(name: SchemaName): Schema {
  return object({ items: arrayOf(reference(name)), next: orNull(text) });
}
