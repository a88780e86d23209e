/** Where the parts of a line end. A name's character is escaped if a backslash stands before it, as InfluxDB has it. */

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const EQUALS = 61;
const BACKSLASH = 92;

/** The end of measurement and tags that begin at `from`: their first unescaped space, or the line's end. */
export function headEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > SPACE) continue;
    if (code === LF || (code === SPACE && text.charCodeAt(i - 1) !== BACKSLASH)) return i;
  }
  return text.length;
}

/** The unescaped `=` after a field's key; -1 if the key ends otherwise. */
export function keyEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > EQUALS) continue;
    if (code === LF) return -1;
    if (text.charCodeAt(i - 1) === BACKSLASH && i > from) continue;
    if (code === EQUALS) return i;
    if (code === SPACE || code === COMMA) return -1;
  }
  return -1;
}

/** The end of a value without quotes. */
export function valueEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= COMMA && (code === COMMA || code === SPACE || code === LF || code === CR || code === TAB)) return i;
  }
  return text.length;
}

/** What follows the closing quote of the text whose opening quote stands at `from`; -1 if there is none. */
export function stringEnd(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return -1;
}

/** The first that is no blank; a carriage return and NUL count as blanks, a newline does not. */
export function blanksEnd(text: string, from: number): number {
  let i = from;
  while (isBlank(text.charCodeAt(i))) i++;
  return i;
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === CR || code === TAB || code === 0;
}

/** The newline that ends the line, or the end of the text. */
export function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}

/** How many newlines stand between two places. */
export function newlinesBetween(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
