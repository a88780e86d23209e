import { eventTimeOf } from './event-time.ts';
import { pointerToken, sampleOf, sampleOfBytes, type Fault, type Refusal, type Subject } from './fault.ts';
import { metricNameFault } from './metric-name.ts';
import { parseJson } from './parse-json.ts';
import type { ReadingSink, TelemetryLimits } from './reading-sink.ts';
import { NUMBER_AS_TEXT, UNDECLARED_TEXT } from './undeclared-text.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Names what a submission's element is about; a `Refusal` if the hub will not have it. */
export type SinkFinder = (domain: string, device: string) => ReadingSink | Refusal;

/** Names under which other systems send the time of a reading. */
const TIME_NAMES = /(^|\.)(timestamp|time|date|datetime|t|ts)$/i;
const TIME_HINT =
  'If this is the time of the readings, name it "ts", beside "values" or beside the readings themselves.';

/** As devices write a number that they then put in quotes. */
const NUMBER = /^\s*[-+]?\d{1,20}([.]\d{0,20})?(e[-+]?\d{1,3})?\s*$/i;

const NO_FAULTS: readonly Fault[] = Object.freeze([]);

/**
 * Decodes `{"ts":…,"values":{…}}`, a flat object, or an array of either, into the sink of the device that sent it.
 * Good and bad readings of one message are told apart: what the sink got is good, the faults say what was not.
 * @param arrivalTime epoch ms, the event time of readings without their own
 */
export function decodeTelemetry(
  payload: Uint8Array,
  arrivalTime: number,
  limits: TelemetryLimits,
  sink: ReadingSink,
): readonly Fault[] {
  const parsed = parseJson(payload);
  if (parsed.refusal !== undefined) return [{ ...parsed.refusal, pointer: '', sample: sampleOfBytes(payload) }];
  const decoding = new Decoding(arrivalTime, limits);
  decoding.sink = sink;
  return decoding.message(parsed.value, (element, pointer) => decoding.element(element, pointer));
}

/**
 * Decodes an HTTP body: `{"domain","device","ts","values"}` or an array of these. With `domain` and `device` both
 * given from outside every shape of `decodeTelemetry` is taken as well.
 * @param subject given from outside for elements that name none
 */
export function decodeSubmission(
  payload: Uint8Array,
  subject: Subject,
  arrivalTime: number,
  limits: TelemetryLimits,
  findSink: SinkFinder,
): readonly Fault[] {
  const parsed = parseJson(payload);
  if (parsed.refusal !== undefined) return [{ ...parsed.refusal, pointer: '', sample: sampleOfBytes(payload) }];
  const decoding = new Decoding(arrivalTime, limits);
  return decoding.message(parsed.value, (element, pointer) => {
    if (decoding.address(element, pointer, subject, findSink)) decoding.element(element, pointer);
  });
}

/** The work on one message. */
class Decoding {
  sink!: ReadingSink;
  readonly #arrivalTime: number;
  readonly #limits: TelemetryLimits;
  #faults: Fault[] | undefined;
  /** What the element under work says of whom it is of. */
  #domain: string | undefined;
  #device: string | undefined;
  /** Readings and faults so far. */
  #count = 0;

  constructor(arrivalTime: number, limits: TelemetryLimits) {
    this.#arrivalTime = arrivalTime;
    this.#limits = limits;
  }

  message(value: unknown, element: (element: JsonObject, pointer: string) => void): readonly Fault[] {
    if (Array.isArray(value)) this.#array(value, element);
    else if (isObject(value)) element(value, '');
    else
      this.#fault(
        wrongShape('The payload must be an object of readings, such as {"pm25": 12.1}, or an array of such objects.'),
        '',
        value,
      );
    if (this.#count === 0)
      this.#fault({ reason: 'nothing-usable', detail: 'The message holds no reading.' }, '', value);
    return this.#faults ?? NO_FAULTS;
  }

  #array(elements: readonly unknown[], element: (element: JsonObject, pointer: string) => void): void {
    for (let i = 0; i < elements.length && !this.#full; i++) {
      const value = elements[i];
      this.#domain = this.#device = undefined;
      if (isObject(value)) element(value, `/${i}`);
      else this.#fault(wrongShape('Each element of the array must be an object of readings.'), `/${i}`, value);
    }
    // What is said of the message as a whole is no one element's.
    if (elements.length > 1) this.#domain = this.#device = undefined;
  }

  /** Finds the sink of an element that may name its own domain and device. @returns whether there is one */
  address(element: JsonObject, pointer: string, subject: Subject, findSink: SinkFinder): boolean {
    const wrapped = Object.hasOwn(element, 'values');
    const domain = wrapped ? (element.domain ?? subject.domain) : subject.domain;
    const device = wrapped ? (element.device ?? subject.device) : subject.device;
    this.#domain = typeof domain === 'string' ? domain : undefined;
    this.#device = typeof device === 'string' ? device : undefined;
    if (typeof domain !== 'string' || typeof device !== 'string') {
      const detail = wrapped
        ? 'Each element must name its "domain" and "device" as text, unless the request names them for all.'
        : 'Each element must have "domain", "device" and "values", unless the request names domain and device for all.';
      this.#fault(wrongShape(detail), pointer, element);
      return false;
    }
    const sink = findSink(domain, device);
    if ('reason' in sink) {
      this.#fault(sink, pointer, element);
      return false;
    }
    this.sink = sink;
    return true;
  }

  element(element: JsonObject, pointer: string): void {
    const ts = Object.hasOwn(element, 'ts') ? element.ts : undefined;
    const time =
      ts === undefined || ts === null ? this.#arrivalTime : eventTimeOf(ts, this.#arrivalTime, this.#limits.maxAheadMs);
    if (typeof time !== 'number') return this.#fault(time, `${pointer}/ts`, ts);
    if (!Object.hasOwn(element, 'values')) return this.#flat(element, time, pointer);
    const values = element.values;
    if (isObject(values)) return this.#values(values, time, pointer);
    this.#fault(wrongShape('"values" must be an object of readings.'), `${pointer}/values`, values);
  }

  #flat(element: JsonObject, time: number, pointer: string): void {
    for (const key in element) {
      if (key === 'ts') continue;
      if (!this.#value(key, element[key], time))
        this.#slowValue(key, element[key], time, pointer + pointerToken(key), 1);
      if (this.#full) return;
    }
  }

  #values(values: JsonObject, time: number, pointer: string): void {
    for (const key in values) {
      if (!this.#value(key, values[key], time)) {
        this.#slowValue(key, values[key], time, `${pointer}/values${pointerToken(key)}`, 1);
      }
      if (this.#full) return;
    }
  }

  /** The usual case, a finite number under a good name, without building a pointer. @returns whether it was one */
  #value(metric: string, value: unknown, time: number): boolean {
    // x - x is 0 for every number but NaN and the infinities.
    if (typeof value !== 'number' || value - value !== 0 || this.#count >= this.#limits.maxReadings) return false;
    if (metricNameFault(metric) !== undefined || this.sink.reading(metric, time, value) !== undefined) return false;
    this.#count++;
    return true;
  }

  #slowValue(metric: string, value: unknown, time: number, pointer: string, depth: number): void {
    if (value === null) return;
    if (this.#count >= this.#limits.maxReadings) return this.#tooMany(pointer, value);
    if (isObject(value)) return this.#nested(metric, value, time, pointer, depth);
    const fault = metricNameFault(metric);
    if (fault !== undefined) {
      return this.#fault(
        { reason: 'bad-name', detail: `The metric's name ${fault}; see the grammar of names.` },
        pointer,
        metric,
      );
    }
    const number = this.#numberOf(metric, value);
    if (typeof number !== 'number') return this.#fault(number, pointer, value);
    const refusal = this.sink.reading(metric, time, number);
    if (refusal !== undefined) return this.#fault(refusal, pointer, value);
    this.#count++;
  }

  #nested(prefix: string, value: JsonObject, time: number, pointer: string, depth: number): void {
    if (depth >= this.#limits.maxDepth) {
      const detail = `Objects lie deeper than ${this.#limits.maxDepth} levels; send flatter names joined with ".".`;
      return this.#fault({ reason: 'too-deep', detail }, pointer, value);
    }
    for (const key in value) {
      const name = key === '' ? '' : `${prefix}.${key}`;
      this.#slowValue(name, value[key], time, pointer + pointerToken(key), depth + 1);
      if (this.#full) return;
    }
  }

  #numberOf(metric: string, value: unknown): number | Refusal {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value !== 'string') return notANumber(value);
    const number = this.sink.stateNumber(metric, value);
    if (number !== undefined) return number;
    if (!TIME_NAMES.test(metric)) return NUMBER.test(value) ? NUMBER_AS_TEXT : UNDECLARED_TEXT;
    return { ...UNDECLARED_TEXT, detail: `${UNDECLARED_TEXT.detail} ${TIME_HINT}` };
  }

  get #full(): boolean {
    return this.#count > this.#limits.maxReadings;
  }

  #tooMany(pointer: string, value: unknown): void {
    const detail = `The message holds more than ${this.#limits.maxReadings} readings; this one and all after it were left out.`;
    this.#fault({ reason: 'too-many-readings', detail }, pointer, value);
  }

  #fault(refusal: Refusal, pointer: string, value: unknown): void {
    this.#count++;
    const { reason, detail } = refusal;
    const subject = this.#subject;
    (this.#faults ??= []).push({ reason, detail, pointer, sample: sampleOf(value), ...(subject && { subject }) });
  }

  get #subject(): Subject | undefined {
    const [domain, device] = [this.#domain, this.#device];
    if (domain === undefined && device === undefined) return undefined;
    return { ...(domain !== undefined && { domain }), ...(device !== undefined && { device }) };
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongShape(detail: string): Refusal {
  return { reason: 'wrong-shape', detail };
}

function notANumber(value: unknown): Refusal {
  const what = Array.isArray(value) ? 'An array' : 'A number beyond the range of a 64-bit float';
  return {
    reason: 'not-a-number',
    detail: `${what} is no value; send one finite number, true, false, or null for none.`,
  };
}
