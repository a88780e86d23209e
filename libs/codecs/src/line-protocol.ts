import { isUtf8 } from 'node:buffer';
import { encodeName } from './encode-name.ts';
import { pointerToken, sampleOfText, type Fault, type Refusal, type Subject, type SubjectRefusal } from './fault.ts';
import { parseHead, unescapeName } from './line-head.ts';
import * as refusals from './line-refusals.ts';
import { blanksEnd, headEnd, isBlank, keyEnd, lineEnd, newlinesBetween, stringEnd, valueEnd } from './line-scan.ts';
import type { LineLimits, LineProtocolResult, LineSinkFinder, Precision } from './line-sink.ts';
import { lineTime } from './line-timestamp.ts';
import { plainNumber, unquotedValue } from './line-value.ts';
import { metricNameFault } from './metric-name.ts';
import { ownCopy } from './own-copy.ts';
import type { ReadingSink } from './reading-sink.ts';
import { SameSeries, type Point } from './same-series.ts';
import { UNDECLARED_TEXT } from './undeclared-text.ts';

const LF = 10;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const REPLACEMENT = '\ufffd';

/** Where the lines of one head go. */
type Opened =
  | { readonly sink: ReadingSink; readonly point: Point; readonly refusal?: undefined }
  | { readonly refusal: SubjectRefusal; readonly sink?: undefined };

/** A field's key as the hub names it. */
type Metric = string | Refusal;

/**
 * Decodes InfluxDB's line protocol: `measurement,tag=value field=1.5,other=2i 1790000000000000000`, one point a line.
 * A line is good if one of its fields is; its other fields, and other lines, are faults.
 * @param arrivalTime epoch ms, the event time of lines without their own
 */
export function decodeLineProtocol(
  payload: Uint8Array,
  precision: Precision,
  arrivalTime: number,
  limits: LineLimits,
  findSink: LineSinkFinder,
): LineProtocolResult {
  return new LineDecoding(payload, precision, arrivalTime, limits, findSink).message();
}

/** The work on one message. What it hands on is copied out of the text, which would be held on to whole otherwise. */
class LineDecoding {
  readonly #text: string;
  readonly #allUtf8: boolean;
  readonly #precision: Precision;
  readonly #arrivalTime: number;
  readonly #limits: LineLimits;
  readonly #findSink: LineSinkFinder;
  readonly #opened = new Map<string, Opened>();
  readonly #metricOf = new Map<string, Metric>();
  readonly #sameSeries = new SameSeries();
  readonly #faults: Fault[] = [];
  /** Readings taken so far. */
  #taken = 0;
  #lines = 0;
  #dropped = 0;
  /** The rest of the message is left out. */
  #cut = false;
  /** Where in the text the next line is looked for. */
  #next = 0;
  /** The line under work: its number, where it begins, whom it is of, how many faults there were before it. */
  #lineNumber = 0;
  #start = 0;
  #subject: Subject | undefined;
  #faultsBefore = 0;
  #hasText = false;
  /** Its fields that may become readings. */
  readonly #metrics: string[] = [];
  readonly #values: number[] = [];
  #fields = 0;

  constructor(
    payload: Uint8Array,
    precision: Precision,
    arrivalTime: number,
    limits: LineLimits,
    findSink: LineSinkFinder,
  ) {
    // A byte order mark is no part of the first measurement.
    this.#text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
      .toString()
      .replace(/^\ufeff/, '');
    // Decoding puts U+FFFD where bytes are no UTF-8; only a text that holds one is worth a second look.
    this.#allUtf8 = !this.#text.includes(REPLACEMENT) || isUtf8(payload);
    this.#precision = precision;
    this.#arrivalTime = arrivalTime;
    this.#limits = limits;
    this.#findSink = findSink;
  }

  message(): LineProtocolResult {
    while (this.#next < this.#text.length) {
      if (!this.#beginLine()) continue;
      const taken = this.#full ? this.#tooMany() : this.#line();
      if (taken === 0) this.#dropped++;
    }
    if (this.#lines === 0)
      this.#faults.push({ ...refusals.NO_LINE, pointer: '', sample: ownCopy(sampleOfText(this.#text)) });
    // The cut weighs most, so it is told first.
    if (this.#cut) this.#faults.unshift(this.#faults.pop()!);
    return { faults: this.#faults, lines: this.#lines, dropped: this.#dropped };
  }

  /** Passes over comments and empty lines. @returns whether a line begins at `#start` */
  #beginLine(): boolean {
    this.#lineNumber++;
    this.#start = blanksEnd(this.#text, this.#next);
    const first = this.#text.charCodeAt(this.#start);
    if (first === LF || first === HASH || this.#start >= this.#text.length) {
      this.#next = lineEnd(this.#text, this.#start) + 1;
      return false;
    }
    this.#lines++;
    this.#faultsBefore = this.#faults.length;
    this.#hasText = false;
    this.#subject = undefined;
    return true;
  }

  /** @returns how many readings were taken */
  #line(): number {
    const text = this.#text;
    const { maxLineLength } = this.#limits;
    const end = headEnd(text, this.#start);
    if (end - this.#start > maxLineLength) return this.#lineFault(refusals.tooLong(maxLineLength), end);
    if (text.charCodeAt(end) !== SPACE) return this.#lineFault(refusals.NO_FIELDS, end);
    if (!this.#allUtf8 && text.slice(this.#start, lineEnd(text, end)).includes(REPLACEMENT)) {
      return this.#lineFault(refusals.NOT_UTF8, end);
    }
    const head = text.slice(this.#start, end);
    const opened = this.#opened.get(head) ?? this.#open(head);
    this.#subject = (opened.sink ?? opened.refusal).subject;
    const after = this.#readFields(blanksEnd(text, end), opened.sink);
    if (after < 0) return 0;
    const newline = lineEnd(text, after);
    if (newline - this.#start > maxLineLength) return this.#lineFault(refusals.tooLong(maxLineLength), after);
    const time = this.#readTime(after, newline);
    if (typeof time !== 'number') return this.#lineFault(time, after);
    if (opened.refusal !== undefined) return this.#lineFault(opened.refusal, after);
    if (this.#taken + this.#faults.length + this.#fields > this.#limits.maxReadings) return this.#tooMany();
    const taken = this.#give(opened.sink, opened.point, time, newline);
    this.#goOnAfter(newline);
    return taken;
  }

  #open(raw: string): Opened {
    const text = ownCopy(raw);
    const opened = this.#sinkOf(text);
    this.#opened.set(text, opened);
    return opened;
  }

  #sinkOf(text: string): Opened {
    const head = parseHead(text);
    if ('reason' in head) return { refusal: head };
    const sink = this.#findSink(head.measurement, head.tags, text, this.#lineNumber);
    if ('reason' in sink) return { refusal: sink };
    return { sink, point: this.#sameSeries.point(sink, head, this.#lineNumber) };
  }

  /** Reads `key=value,…` into `#metrics` and `#values`. @returns where they end; -1 if the line is at fault */
  #readFields(from: number, sink: ReadingSink | undefined): number {
    const text = this.#text;
    this.#fields = 0;
    for (let at = from; ; at++) {
      const keyFrom = at;
      const equals = keyEnd(text, at);
      if (equals <= keyFrom) return this.#malformedField(equals, at);
      const value = equals + 1;
      const quoted = text.charCodeAt(value) === QUOTE;
      at = quoted ? stringEnd(text, value) : valueEnd(text, value);
      if (quoted && !this.#endsText(at)) return -1;
      if (at - this.#start <= this.#limits.maxLineLength) this.#field(keyFrom, equals, at, sink);
      if (text.charCodeAt(at) !== COMMA) return at;
    }
  }

  /** Of a line that is too long nothing more is read, only its end is looked for. */
  #field(keyFrom: number, equals: number, end: number, sink: ReadingSink | undefined): void {
    const value = equals + 1;
    const metric = this.#metric(this.#text.slice(keyFrom, equals));
    const quoted = this.#text.charCodeAt(value) === QUOTE;
    const number = quoted ? this.#state(metric, value, end, sink) : this.#number(value, end);
    if (typeof metric !== 'string') this.#fieldFault(metric, keyFrom, equals, end);
    else if (typeof number !== 'number') this.#fieldFault(number, keyFrom, equals, end);
    else {
      this.#metrics[this.#fields] = metric;
      this.#values[this.#fields++] = number;
    }
  }

  #number(from: number, to: number): number | Refusal {
    const value = plainNumber(this.#text, from, to);
    // Only NaN is unlike itself.
    return value === value ? value : unquotedValue(this.#text.slice(from, to));
  }

  #metric(raw: string): Metric {
    let metric = this.#metricOf.get(raw);
    if (metric === undefined) {
      const key = ownCopy(raw);
      metric = encodeName(unescapeName(key));
      const fault = metricNameFault(metric);
      if (fault !== undefined)
        metric = { reason: 'bad-name', detail: `The field's key ${fault}; see the grammar of names.` };
      this.#metricOf.set(key, metric);
    }
    return metric;
  }

  /** The number of the state that a text names. */
  #state(metric: Metric, from: number, to: number, sink: ReadingSink | undefined): number | Refusal {
    const name = this.#text.slice(from + 1, to - 1).replace(/\\(["\\])/g, '$1');
    const number = typeof metric === 'string' ? sink?.stateNumber(metric, name) : undefined;
    return number ?? UNDECLARED_TEXT;
  }

  /** Whether a text ends there as it should. Where a quote is amiss, the next line must not be taken for text. */
  #endsText(at: number): boolean {
    this.#hasText = true;
    const next = this.#text.charCodeAt(at);
    if (at > 0 && (at >= this.#text.length || next === COMMA || next === LF || isBlank(next))) return true;
    this.#lineFault(at < 0 ? refusals.OPEN_TEXT : refusals.MORE_THAN_TEXT, this.#start);
    return false;
  }

  #readTime(from: number, newline: number): number | Refusal {
    const start = blanksEnd(this.#text, from);
    if (start >= newline) return this.#arrivalTime;
    const text = this.#text.slice(start, newline).trimEnd();
    return lineTime(text, this.#precision, this.#arrivalTime, this.#limits.maxAheadMs);
  }

  /** Hands the line's readings to their sink. @returns how many it took */
  #give(sink: ReadingSink, point: Point, time: number, newline: number): number {
    const series = this.#sameSeries;
    let taken = 0;
    let clashes: string[] | undefined;
    let other: Point | undefined;
    series.beginLine(point, time);
    for (let i = 0; i < this.#fields; i++) {
      const metric = this.#metrics[i]!;
      const owner = series.owner(point, metric, time);
      if (owner !== undefined) {
        (clashes ??= []).push(metric);
        other = owner;
        continue;
      }
      const refusal = sink.reading(metric, time, this.#values[i]!);
      if (refusal !== undefined) this.#fault(refusal, pointerToken(metric), this.#start, newline);
      else {
        series.take(point, metric, time);
        taken++;
      }
    }
    if (clashes !== undefined) this.#fault(refusals.ambiguousTags(clashes, point, other!), '', this.#start, newline);
    this.#taken += taken;
    return taken;
  }

  /** Readings and faults come to more than one message may bring. */
  get #full(): boolean {
    return this.#cut || this.#taken + this.#faults.length > this.#limits.maxReadings;
  }

  #malformedField(equals: number, at: number): -1 {
    this.#lineFault(equals < 0 ? refusals.NO_KEY_AND_VALUE : refusals.NO_KEY, at);
    return -1;
  }

  /** Said once, of the line that is cut off first. */
  #tooMany(): 0 {
    if (this.#cut) {
      this.#goOnAfter(lineEnd(this.#text, this.#start));
      return 0;
    }
    this.#cut = true;
    return this.#lineFault(refusals.tooManyReadings(this.#limits.maxReadings), this.#start);
  }

  /** Nothing of the line can be used. @param from a place in it; the next line begins after the newline that follows */
  #lineFault(refusal: Refusal, from: number): 0 {
    this.#faults.length = this.#faultsBefore;
    this.#fault(refusal, '', this.#start, lineEnd(this.#text, from));
    this.#goOnAfter(lineEnd(this.#text, from));
    return 0;
  }

  #fieldFault(refusal: Refusal, from: number, keyEndsAt: number, to: number): void {
    this.#fault(refusal, pointerToken(unescapeName(this.#text.slice(from, keyEndsAt))), from, to);
  }

  /** @param field a pointer into the line; the sample is what stands from one place to another */
  #fault({ reason, detail }: Refusal, field: string, from: number, to: number): void {
    const sample = sampleOfText(this.#text.slice(from, to).trimEnd());
    const pointer = ownCopy(`/${this.#lineNumber}${field}`);
    const subject = this.#subject;
    this.#faults.push({ reason, detail, pointer, sample: ownCopy(sample), ...(subject && { subject }) });
  }

  #goOnAfter(newline: number): void {
    // A text may hold newlines.
    if (this.#hasText) this.#lineNumber += newlinesBetween(this.#text, this.#start, newline);
    this.#next = newline + 1;
  }
}
