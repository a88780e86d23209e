import * as z from 'zod';
import { cityDistricts } from './city-districts.ts';
import { DEVICE_KINDS } from './domains/index.ts';
import { faultSchema } from './faults/fault-schema.ts';
import { offsetField as offset } from './offset-field.ts';
import { CONDITIONS, isCondition } from './world/conditions.ts';

const effectFields = z.strictObject({
  /** What the person who watches the city is told when it begins, and when it is over. */
  text: z.string(),
  over: z.string(),
  from: offset,
  to: offset,
  rampUp: offset.default(0),
  rampDown: offset.default(0),
  /** With it, `change` names metrics of this domain's devices; without, conditions of the world. */
  domain: z.string().optional(),
  where: z.record(z.string(), z.array(z.string()).min(1)).optional(),
  change: z.record(z.string(), z.strictObject({ add: z.number().optional(), multiply: z.number().min(0).optional() })),
});
type Effect = z.infer<typeof effectFields>;

const effect = effectFields
  .refine(({ from, to, rampUp, rampDown }) => from + rampUp + rampDown <= to && from < to, {
    error: 'an effect must end after it began, with room for its ramps between `from` and `to`',
  })
  .superRefine((entry, context) => {
    const faults = [...changeFaults(entry), ...whereFaults(entry)];
    for (const message of faults) context.addIssue({ code: 'custom', message });
  });

function changeFaults({ domain, change }: Effect): string[] {
  const names = Object.keys(change);
  if (domain === undefined) {
    const known = Object.keys(CONDITIONS).join(', ');
    return names
      .filter((name) => !isCondition(name))
      .map(
        (name) =>
          `the world has no condition "${name}", it has ${known}; to act on a metric of devices, give their \`domain\``,
      );
  }
  const metrics = DEVICE_KINDS.filter((kind) => kind.domain === domain).flatMap((kind) => Object.keys(kind.metrics));
  return names
    .filter((name) => !metrics.includes(name))
    .map((name) => `no simulated device measures "${name}" in the domain "${domain}"`);
}

function whereFaults({ domain, where = {} }: Effect): string[] {
  const labels = domain === undefined ? ['district'] : ['device', 'type', 'district', 'site'];
  const unknownLabels = Object.keys(where).filter((label) => !labels.includes(label));
  const districts = cityDistricts().map(({ id }) => id);
  const unknownDistricts = (where.district ?? []).filter((district) => !districts.includes(district));
  return [
    ...unknownLabels.map((label) => `\`where\` can't say "${label}" here; it takes ${labels.join(', ')}`),
    ...unknownDistricts.map((district) => `there is no district "${district}"; there are ${districts.join(', ')}`),
  ];
}

const span = z
  .strictObject({ from: offset, to: offset })
  .refine(({ from, to }) => from <= to, { error: '`to` lies before `from`' });

/** A list stands for one alert each: `{ district: [a, b] }`. */
const labels = z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1)]));

/** Every combination of one value for each label. */
function combinations(given: z.infer<typeof labels>): Record<string, string>[] {
  return Object.entries(given).reduce<Record<string, string>[]>(
    (found, [label, values]) =>
      [values].flat().flatMap((value) => found.map((combination) => ({ ...combination, [label]: value }))),
    [{}],
  );
}

const raised = z
  .strictObject({ rule: z.string(), labels, fires: span, resolves: span })
  .transform((raise) => combinations(raise.labels).map((combination) => ({ ...raise, labels: combination })));

const quiet = z
  .strictObject({ rule: z.string(), labels: labels.optional() })
  .transform(({ rule, labels: given }): { rule: string; labels?: Record<string, string> }[] =>
    given === undefined ? [{ rule }] : combinations(given).map((combination) => ({ rule, labels: combination })),
  );

export const scenarioSchema = z.strictObject({
  name: z.string(),
  summary: z.string(),
  duration: offset,
  timeline: z.array(effect),
  /** What goes wrong with devices, as against with the city. */
  faults: z.array(faultSchema).default([]),
  raises: z.array(raised).transform((raises) => raises.flat()),
  staysQuiet: z.array(quiet).transform((quiets) => quiets.flat()),
});

/** What happens in the city, and what must come of it. All times are ms after the start. */
export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioEffect = Scenario['timeline'][number];
