import { isTimeZone, parseDuration } from '@seawall/calendar';
import { unitFault } from '@seawall/codecs';
import * as z from 'zod';

/** An object that names the keys there are, when it is given another. */
function strict<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: ({ code, keys }) => {
      if (code !== 'unrecognized_keys') return undefined;
      const unknown = keys.map((key) => `"${key}"`).join(', ');
      return `${unknown} is no key here; there are ${Object.keys(shape).join(', ')}`;
    },
  });
}

const fromColumn = strict({ column: z.string() });
const constantOrColumn = z.union([z.string(), fromColumn], { error: 'write a text, or { column: <its header> }' });
/** Of a description: the same for every device, from the device's first row, or from its row of the table. */
const described = z.union([z.string(), fromColumn, strict({ table: z.string() })], {
  error: 'write a text, { column: <header in the recording> } or { table: <header in the table> }',
});
const degrees = z.union([z.number(), fromColumn, strict({ table: z.string() })], {
  error: 'write a number, { column: <header in the recording> } or { table: <header in the table> }',
});
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, { error: 'write a duration like "5m" or "1h"' });

const time = strict({
  column: z
    .union([z.string(), z.array(z.string()).min(1)], { error: 'write a header or a list of headers' })
    .optional(),
  format: z.string().optional(),
  columns: strict({
    year: z.string(),
    month: z.string(),
    day: z.string(),
    hour: z.string().optional(),
    minute: z.string().optional(),
    second: z.string().optional(),
  }).optional(),
  start: z.string().optional(),
  step: duration.optional(),
}).superRefine(({ column, format, columns, start, step }, context) => {
  const ways = [column, columns, start].filter((way) => way !== undefined).length;
  if (ways !== 1) context.addIssue('give exactly one of `column` (with `format`), `columns`, or `start` with `step`');
  if ((column === undefined) !== (format === undefined)) context.addIssue('`column` and `format` belong together');
  if ((start === undefined) !== (step === undefined)) context.addIssue('`start` and `step` belong together');
});

const unit = z.string().superRefine((text, context) => {
  const fault = unitFault(text);
  if (fault !== undefined) context.addIssue(`"${text}" ${fault}`);
});
/** The same for every device, or from the device's first row. */
const bound = z.union([z.number(), fromColumn], { error: 'write a number, or { column: <its header> }' });

const metric = strict({
  column: z.string().optional(),
  unit: unit.optional(),
  min: bound.optional(),
  max: bound.optional(),
  states: z.record(z.string(), z.string()).optional(),
});

const describe = strict({
  table: strict({ file: z.string(), key: z.string() }).optional(),
  name: described.optional(),
  type: described.optional(),
  district: described.optional(),
  site: described.optional(),
  location: strict({ lat: degrees, lon: degrees }).optional(),
  interval: duration.optional(),
  labels: z.record(z.string(), described).optional(),
});

export const mappingFields = strict({
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
