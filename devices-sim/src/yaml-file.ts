import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { z } from 'zod';
import { messageOf, UsageError } from './errors.ts';

/** Reads and checks a YAML file. @param what "mapping", for the sentences @throws UsageError naming file and field */
export async function readYamlFile<T>(what: string, file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new UsageError(`The ${what} ${file} can't be read: ${why}.`, { cause: error });
  });
  return checkYaml(what, file, text, schema);
}

export function checkYaml<T>(what: string, file: string, text: string, schema: z.ZodType<T>): T {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new UsageError(`The ${what} ${file} is not YAML: ${messageOf(error)}`, { cause: error });
  }
  const result = schema.safeParse(document, { error: whatToWrite });
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 5).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join('.')}: ${message}`;
  });
  throw new UsageError(`The ${what} ${file} is wrong. ${faults.join('; ')}.`);
}

const FORMS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

/** For what a schema says nothing of its own about. */
function whatToWrite({ code, input, expected }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_type') return undefined;
  const form = FORMS[String(expected)] ?? String(expected);
  return input === undefined ? `is needed: write ${form}` : `write ${form}`;
}
