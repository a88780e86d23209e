import { isTimeZone, parseDuration } from '@seawall/calendar';
import { z } from 'zod';

const fromColumn = z.strictObject({ column: z.string() });
const constantOrColumn = z.union([z.string(), fromColumn], { error: 'write a text, or { column: <its header> }' });
/** Of a description: the same for every device, from the device's first row, or from its row of the table. */
const described = z.union([z.string(), fromColumn, z.strictObject({ table: z.string() })], {
  error: 'write a text, { column: <header in the recording> } or { table: <header in the table> }',
});
const degrees = z.union([z.number(), fromColumn, z.strictObject({ table: z.string() })], {
  error: 'write a number, { column: <header in the recording> } or { table: <header in the table> }',
});
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, { error: 'write a duration like "5m" or "1h"' });

const time = z
  .strictObject({
    column: z
      .union([z.string(), z.array(z.string()).min(1)], { error: 'write a header or a list of headers' })
      .optional(),
    format: z.string().optional(),
    columns: z
      .strictObject({
        year: z.string(),
        month: z.string(),
        day: z.string(),
        hour: z.string().optional(),
        minute: z.string().optional(),
        second: z.string().optional(),
      })
      .optional(),
    start: z.string().optional(),
    step: duration.optional(),
  })
  .superRefine(({ column, format, columns, start, step }, context) => {
    const ways = [column, columns, start].filter((way) => way !== undefined).length;
    if (ways !== 1) context.addIssue('give exactly one of `column` (with `format`), `columns`, or `start` with `step`');
    if ((column === undefined) !== (format === undefined)) context.addIssue('`column` and `format` belong together');
    if ((start === undefined) !== (step === undefined)) context.addIssue('`start` and `step` belong together');
  });

const metric = z.strictObject({
  column: z.string().optional(),
  unit: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  states: z.record(z.string(), z.string()).optional(),
});

const describe = z.strictObject({
  table: z.strictObject({ file: z.string(), key: z.string() }).optional(),
  name: described.optional(),
  type: described.optional(),
  district: described.optional(),
  site: described.optional(),
  location: z.strictObject({ lat: degrees, lon: degrees }).optional(),
  interval: duration.optional(),
  labels: z.record(z.string(), described).optional(),
});

export const mappingFields = z.strictObject({
  title: z.string(),
  /** Which files of a folder: a name, `*` standing for anything. */
  files: z.string(),
  delimiter: z.string().length(1).default(','),
  timeZone: z.string().refine(isTimeZone, { error: 'write an IANA time zone like "Europe/London"' }).optional(),
  missing: z.array(z.string()).default(['', 'NA', '?']),
  time,
  domain: constantOrColumn,
  device: constantOrColumn.optional(),
  /** Each column that is not used otherwise is a device, its header the device's id. */
  wide: z.boolean().default(false),
  metrics: z.record(z.string(), metric),
  /** Columns that are no readings; '*' for all that are not named elsewhere. */
  skip: z.union([z.literal('*'), z.array(z.string())], { error: `write a list of headers, or '*'` }).default([]),
  describe: describe.default({}),
});

/** How to read a recording: which column is what, in which unit and time zone. */
export type Mapping = z.infer<typeof mappingFields>;
