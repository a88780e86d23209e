import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from './errors.ts';
import { type Scenario, scenarioSchema } from './scenario-schema.ts';
import { readYamlFile } from './yaml-file.ts';

export { scenarioSchema } from './scenario-schema.ts';
export type { Scenario, ScenarioEffect } from './scenario-schema.ts';

/** The scenarios that come with Seawall, one a file. */
export const SCENARIOS_FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url));
/** The rules of the demonstration city, one a file, in the contract's form. */
export const RULES_FOLDER = fileURLToPath(new URL('../rules', import.meta.url));

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
