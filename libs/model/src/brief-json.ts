const MAX_DEPTH = 16;

/**
 * The beginning of a parsed JSON value as JSON again: what is deeper is "…", and it ends soon after `length` characters,
 * wherever that is. So it costs little, and no recursion goes deep, whatever somebody has sent.
 */
export function briefJson(value: unknown, length: number): string {
  const out = { text: '', length };
  write(value, out, 0);
  return out.text;
}

interface Out {
  text: string;
  readonly length: number;
}

function write(value: unknown, out: Out, depth: number): void {
  if (out.text.length > out.length) return;
  if (typeof value === 'number') out.text += String(value);
  else if (typeof value === 'string') out.text += JSON.stringify(value.slice(0, out.length));
  else if (value === null || typeof value !== 'object') out.text += String(value);
  else if (depth >= MAX_DEPTH) out.text += '…';
  else if (Array.isArray(value)) writeArray(value, out, depth);
  else writeObject(value as Record<string, unknown>, out, depth);
}

function writeArray(value: readonly unknown[], out: Out, depth: number): void {
  out.text += '[';
  for (let i = 0; i < value.length && out.text.length <= out.length; i++) {
    if (i > 0) out.text += ',';
    write(value[i], out, depth + 1);
  }
  out.text += ']';
}

function writeObject(value: Readonly<Record<string, unknown>>, out: Out, depth: number): void {
  out.text += '{';
  let first = true;
  for (const key in value) {
    if (out.text.length > out.length) break;
    out.text += `${first ? '' : ','}${JSON.stringify(key.slice(0, out.length))}:`;
    first = false;
    write(value[key], out, depth + 1);
  }
  out.text += '}';
}
