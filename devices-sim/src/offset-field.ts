import * as z from 'zod';
import { parseOffset } from './offset.ts';

/** An offset from a scenario's start in a YAML file: "90m". Becomes milliseconds. */
export const offsetField = z
  .string({ error: 'write an offset from the start like "90m" or "9h30m"' })
  .transform((text, context) => {
    const ms = parseOffset(text);
    if (ms !== undefined) return ms;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not an offset from the start; write it like "90m" or "9h30m"`,
    });
    return z.NEVER;
  });

/** A difference of time in a YAML file: "4m" is ahead, "-90s" behind. Becomes milliseconds. */
export const signedOffsetField = z
  .string({ error: 'write a difference of time like "4m" or "-90s"' })
  .transform((text, context) => {
    const ms = parseOffset(text.replace(/^-/, ''));
    if (ms !== undefined) return text.startsWith('-') ? -ms : ms;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a difference of time; write it like "4m" or "-90s"`,
    });
    return z.NEVER;
  });
