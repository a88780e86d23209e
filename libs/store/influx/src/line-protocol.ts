import { Point } from '@influxdata/influxdb-client';

/** What stands before a line's fields: the measurement and its tags, escaped by the client. */
export function lineHead(measurement: string, tags: Readonly<Record<string, string>>): string {
  return pointOf(measurement, tags).floatField('f', 0).toLineProtocol(NO_TIME)!.slice(0, -' f=0'.length);
}

/** A field's name with its sign of equality, escaped by the client. */
export function fieldHead(name: string): string {
  return new Point('m').floatField(name, 0).toLineProtocol(NO_TIME)!.slice('m '.length, -'0'.length);
}

/** A line of text fields and whole numbers; time in microseconds. */
export function textLine(
  measurement: string,
  tags: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string | number | boolean>>,
  micros: number,
): string {
  const point = pointOf(measurement, tags);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') point.stringField(name, value);
    else if (typeof value === 'number') point.intField(name, value);
    else point.booleanField(name, value);
  }
  return `${point.toLineProtocol(NO_TIME)} ${micros}`;
}

/** A value as a float, whatever it is. */
export function floatText(value: number): string {
  return value === 0 && Object.is(value, -0) ? '-0' : String(value);
}

const NO_TIME = { convertTime: () => undefined };

function pointOf(measurement: string, tags: Readonly<Record<string, string>>): Point {
  const point = new Point(measurement);
  for (const [name, value] of Object.entries(tags)) point.tag(name, value);
  return point;
}
