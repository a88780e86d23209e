import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DEVICE_KINDS } from './domains/index.ts';
import { UsageError } from './errors.ts';
import { faultSchema } from './faults/fault-schema.ts';
import { offsetField as offset } from './offset-field.ts';
import { readYamlFile } from './yaml-file.ts';

/** The scenarios that come with Seawall, one a file. */
export const SCENARIOS_FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url));
/** The rules of the demonstration city, one a file, in the contract's form. */
export const RULES_FOLDER = fileURLToPath(new URL('../rules', import.meta.url));

const where = z.record(z.string(), z.array(z.string()).min(1)).optional();

const effect = z
  .strictObject({
    /** What the person who watches the city is told when it begins, and when it is over. */
    text: z.string(),
    over: z.string(),
    from: offset,
    to: offset,
    rampUp: offset.default(0),
    rampDown: offset.default(0),
    domain: z.string(),
    where,
    change: z.record(
      z.string(),
      z.strictObject({ add: z.number().optional(), multiply: z.number().min(0).optional() }),
    ),
  })
  .refine(({ from, to, rampUp, rampDown }) => from + rampUp + rampDown <= to && from < to, {
    error: 'an effect must end after it began, with room for its ramps between `from` and `to`',
  })
  .superRefine(({ domain, change }, context) => {
    const known = DEVICE_KINDS.filter((kind) => kind.domain === domain).flatMap((kind) => Object.keys(kind.metrics));
    for (const metric of Object.keys(change).filter((name) => !known.includes(name))) {
      context.addIssue({
        code: 'custom',
        message: `no simulated device measures "${metric}" in the domain "${domain}"`,
      });
    }
  });

const span = z.strictObject({ from: offset, to: offset });

const raised = z.strictObject({
  rule: z.string(),
  labels: z.record(z.string(), z.string()),
  fires: span,
  resolves: span,
});

const quiet = z.strictObject({ rule: z.string(), labels: z.record(z.string(), z.string()).optional() });

export const scenarioSchema = z.strictObject({
  name: z.string(),
  summary: z.string(),
  duration: offset,
  timeline: z.array(effect),
  /** What goes wrong with devices, as against with the city. */
  faults: z.array(faultSchema).default([]),
  raises: z.array(raised),
  staysQuiet: z.array(quiet),
});

/** What happens in the city, and what must come of it. All times are ms after the start. */
export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioEffect = Scenario['timeline'][number];

export function scenarioNames(): string[] {
  const files = readdirSync(SCENARIOS_FOLDER).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
}

/** @param scenario the name of one that comes with Seawall, or the path of a YAML file @throws UsageError */
export async function loadScenario(scenario: string): Promise<Scenario> {
  if (/\.ya?ml$/.test(scenario)) return readYamlFile('scenario', scenario, scenarioSchema);
  if (!scenarioNames().includes(scenario)) {
    throw new UsageError(
      `There is no scenario "${scenario}". There are ${scenarioNames().join(', ')}; or give the path of a .yaml file.`,
    );
  }
  return readYamlFile('scenario', `${SCENARIOS_FOLDER}/${scenario}.yaml`, scenarioSchema);
}
