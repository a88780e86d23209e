import type { Refusal } from './fault.ts';
import { malformed } from './line-refusals.ts';
import type { LineTags } from './line-sink.ts';

const COMMA = 44;
const EQUALS = 61;
const BACKSLASH = 92;

export interface LineHead {
  readonly measurement: string;
  readonly tags: LineTags;
}

/** Reads `measurement,key=value,…`, which ends where the first unescaped space stood. */
export function parseHead(head: string): LineHead | Refusal {
  const end = unescapedEnd(head, 0, COMMA);
  if (end === 0) return malformed('The line has no measurement.');
  const tags: [string, string][] = [];
  const keys = new Set<string>();
  for (let at = end; at < head.length;) {
    const tagEnd = unescapedEnd(head, at + 1, COMMA);
    const tag = parseTag(head.slice(at + 1, tagEnd));
    if ('reason' in tag) return tag;
    if (keys.has(tag[0])) return malformed(`The tag "${tag[0]}" stands twice.`);
    keys.add(tag[0]);
    tags.push(tag);
    at = tagEnd;
  }
  // In a measurement an equals sign needs no backslash, and so is not escaped by one.
  return { measurement: head.slice(0, end).replace(/\\([, ])/g, '$1'), tags };
}

function parseTag(text: string): [string, string] | Refusal {
  const equals = unescapedEnd(text, 0, EQUALS);
  if (equals === 0) return malformed('A tag has no key.');
  if (equals >= text.length - 1) return malformed(`The tag "${text.slice(0, 40)}" has no value; leave such a tag out.`);
  if (unescapedEnd(text, equals + 1, EQUALS) < text.length)
    return malformed(`The tag "${text.slice(0, 40)}" has a second "=", which must be written "\\=".`);
  return [unescapeName(text.slice(0, equals)), unescapeName(text.slice(equals + 1))];
}

/** Where a character stands that no backslash precedes, or the end. */
function unescapedEnd(text: string, from: number, character: number): number {
  for (let i = from; i < text.length; i++) {
    if (text.charCodeAt(i) === character && text.charCodeAt(i - 1) !== BACKSLASH) return i;
  }
  return text.length;
}

/** Of tags and fields: a backslash escapes a comma, a space and an equals sign; before anything else it stands for itself. */
export function unescapeName(text: string): string {
  return text.includes('\\') ? text.replace(/\\([, =])/g, '$1') : text;
}
