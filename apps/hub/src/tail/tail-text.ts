import { formatRfc3339 } from '@seawall/calendar';
import { spanText } from '../amounts.ts';
import type { Paint } from '../paint.ts';
import { printable } from './printable.ts';
import type { TailEvent } from './tail-event.ts';

type Of<K extends TailEvent['kind']> = Extract<TailEvent, { kind: K }>;

/** A reading whose event time is nearer to its arrival than this is taken for one of that moment. */
const SAME_MOMENT_MS = 1_000;
const VALUES_A_LINE = 6;
const LONGEST_NAME = 128;
const LONGEST_PAYLOAD = 300;
const LONGEST_SENTENCE = 600;
const INDENT = ' '.repeat(11);
const REASONS_PAGE = 'docs/rejections.md';

/** Lines for a person; the first begins with the time of arrival (UTC). */
export function tailText(event: TailEvent, paint: Paint): readonly string[] {
  switch (event.kind) {
    case 'readings':
      return readingsText(event, paint);
    case 'rejection':
      return rejectionText(event, paint);
    case 'device':
      return deviceText(event, paint);
    case 'alert':
      return alertText(event, paint);
    case 'message':
      return messageText(event, paint);
    case 'gap':
      return [paint.yellow(`${INDENT}some is missing here: ${printable(event.detail, LONGEST_SENTENCE)}`)];
  }
}

function readingsText({ stamp, domain, device, eventTime, values }: Of<'readings'>, paint: Paint): string[] {
  const when = lateText(stamp, eventTime);
  const lines: string[] = [];
  for (let at = 0; at < values.length; at += VALUES_A_LINE) {
    const part = values.slice(at, at + VALUES_A_LINE).map((one) => valueText(one, paint));
    const head = at === 0 ? `${clock(stamp)}  ${name(`${domain}/${device}`, paint)}` : INDENT.trimEnd().padEnd(9);
    const tail = at === 0 && when !== undefined ? `  ${paint.dim(when)}` : '';
    lines.push(`${head}  ${part.join('  ')}${tail}`);
  }
  return lines;
}

function valueText({ metric, value, unit, outOfRange }: Of<'readings'>['values'][number], paint: Paint): string {
  const amount = `${String(Number(value.toPrecision(10)))}${unit === null ? '' : ` ${printable(unit, LONGEST_NAME)}`}`;
  const text = `${printable(metric, LONGEST_NAME)} = ${amount}`;
  return outOfRange ? paint.yellow(`${text} (out of range)`) : text;
}

/** Undefined for a reading of the moment it arrived. */
function lateText(stamp: number, eventTime: number): string | undefined {
  const late = stamp - eventTime;
  if (Math.abs(late) < SAME_MOMENT_MS) return undefined;
  return `at ${formatRfc3339(eventTime)}, ${spanText(Math.abs(late))} ${late > 0 ? 'late' : 'ahead'}`;
}

function rejectionText(rejection: Of<'rejection'>, paint: Paint): string[] {
  const { reason, detail, topic, domain, device, pointer, receivedAt, sample } = rejection;
  const from = domain !== undefined && device !== undefined ? `${domain}/${device}` : topic;
  const where = pointer === '' ? '' : ` at ${printable(pointer, LONGEST_NAME)}`;
  const lines = [
    `${clock(Date.parse(receivedAt))}  ${name(from, paint)}  ${paint.red(`rejected: ${printable(reason, LONGEST_NAME)}${where}`)}`,
    `${INDENT}${paint.red(printable(detail, LONGEST_SENTENCE))}`,
  ];
  if (sample !== '') lines.push(`${INDENT}it said: ${paint.dim(printable(sample, LONGEST_PAYLOAD))}`);
  lines.push(`${INDENT}what to do: ${REASONS_PAGE}#${printable(reason, LONGEST_NAME)}`);
  return lines;
}

function deviceText({ device, domain, description, labels, status, receivedAt }: Of<'device'>, paint: Paint): string[] {
  const parts = [
    domain === undefined ? '' : `first seen in ${printable(domain, LONGEST_NAME)}`,
    status === undefined ? '' : status === 'offline' ? paint.yellow(status) : status,
    description === undefined ? '' : `described: ${printable(JSON.stringify(description), LONGEST_PAYLOAD)}`,
    labels === undefined ? '' : `labels: ${printable(labelsText(labels), LONGEST_PAYLOAD)}`,
  ];
  const said = parts.filter((part) => part !== '').join('; ') || 'its metrics were described';
  return [`${clock(Date.parse(receivedAt))}  ${name(device, paint)}  ${paint.cyan(said)}`];
}

function alertText({ alert }: Of<'alert'>, paint: Paint): string[] {
  const { state, severity, rule, summary, labels, updatedAt, startsAt, ack } = alert;
  const colour = state === 'firing' ? paint.magenta : paint.green;
  const acknowledged = ack === null ? '' : `, acknowledged by ${printable(ack.by, LONGEST_NAME)}`;
  const what = `ALERT ${state}${acknowledged} (${severity}): ${printable(summary, LONGEST_SENTENCE)}`;
  const which = printable(`${rule}, since ${startsAt}; ${labelsText(labels)}`, LONGEST_PAYLOAD);
  return [`${clock(Date.parse(updatedAt))}  ${colour(what)}`, `${INDENT}${paint.dim(which)}`];
}

function messageText({ at, topic, payload, bytes }: Of<'message'>, paint: Paint): string[] {
  const cut = payload.length > LONGEST_PAYLOAD ? ` (${bytes} bytes)` : '';
  const text = `${printable(topic, 3 * LONGEST_NAME)}  ${printable(payload, LONGEST_PAYLOAD)}${cut}`;
  return [paint.dim(`${clock(at)}  ${text}`)];
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' ');
}

function name(text: string, paint: Paint): string {
  return paint.bold(printable(text, 2 * LONGEST_NAME));
}

/** 10:15:02Z */
function clock(time: number): string {
  return `${formatRfc3339(time).slice(11, 19)}Z`;
}
