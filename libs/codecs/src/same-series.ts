import type { LineHead } from './line-head.ts';
import type { ReadingSink } from './reading-sink.ts';

/** A measurement with its tags, whatever the order they stand in: what line protocol tells series apart by. */
export interface Point {
  readonly head: LineHead;
  /** Where it came first. */
  readonly line: number;
  readonly subject: Subject;
}

/** What the hub tells series apart by, the metric aside. More than one point may lead to it. */
interface Subject {
  first: Point | undefined;
  /** By what tells points apart; only once there is a second head. */
  points: Map<string, Point> | undefined;
  lastLine: number;
  /** By metric and time, whose reading it was; only once there is a second point. */
  seen: Map<string, Map<number, Point>> | undefined;
}

/**
 * Finds out lines of one message that would overwrite each other without being the same: tags are no part of a series'
 * identity. Where each device is reached by one set of tags, all it costs is a few columns.
 */
export class SameSeries {
  readonly #subjects = new Map<ReadingSink, Subject>();
  /** A row for each line; `#before` is the last line of the same subject, -1 if there was none. */
  readonly #before: number[] = [];
  readonly #point: Point[] = [];
  readonly #time: number[] = [];
  readonly #firstMetric: number[] = [];
  readonly #metrics: string[] = [];

  point(sink: ReadingSink, head: LineHead, line: number): Point {
    const subject = this.#subjects.get(sink);
    if (subject === undefined) return this.#first(sink, head, line);
    // Most subjects have one point, and need no key.
    subject.points ??= new Map([[keyOf(subject.first!.head), subject.first!]]);
    const key = keyOf(head);
    let point = subject.points.get(key);
    if (point === undefined) subject.points.set(key, (point = { head, line, subject }));
    if (subject.points.size === 2) subject.seen ??= this.#seenBefore(subject);
    return point;
  }

  #first(sink: ReadingSink, head: LineHead, line: number): Point {
    const subject: Subject = { first: undefined, points: undefined, lastLine: -1, seen: undefined };
    subject.first = { head, line, subject };
    this.#subjects.set(sink, subject);
    return subject.first;
  }

  /** @returns whose reading of this metric and time was taken already, if it was another's */
  owner(point: Point, metric: string, time: number): Point | undefined {
    const owner = point.subject.seen?.get(metric)?.get(time);
    return owner === point ? undefined : owner;
  }

  beginLine(point: Point, time: number): void {
    const { subject } = point;
    if (subject.seen !== undefined) return;
    this.#before.push(subject.lastLine);
    subject.lastLine = this.#point.push(point) - 1;
    this.#time.push(time);
    this.#firstMetric.push(this.#metrics.length);
  }

  take(point: Point, metric: string, time: number): void {
    const { seen } = point.subject;
    if (seen === undefined) this.#metrics.push(metric);
    else remember(seen, metric, time, point);
  }

  #seenBefore({ lastLine }: Subject): Map<string, Map<number, Point>> {
    const seen = new Map<string, Map<number, Point>>();
    for (let line = lastLine; line >= 0; line = this.#before[line]!) {
      const end = this.#firstMetric[line + 1] ?? this.#metrics.length;
      for (let i = this.#firstMetric[line]!; i < end; i++)
        remember(seen, this.#metrics[i]!, this.#time[line]!, this.#point[line]!);
    }
    return seen;
  }
}

function keyOf({ measurement, tags }: LineHead): string {
  return JSON.stringify([measurement, ...tags.map((tag) => JSON.stringify(tag)).sort()]);
}

function remember(seen: Map<string, Map<number, Point>>, metric: string, time: number, point: Point): void {
  let times = seen.get(metric);
  if (times === undefined) seen.set(metric, (times = new Map<number, Point>()));
  times.set(time, point);
}
