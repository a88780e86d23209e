export { CITY, cityDevices, DEFAULT_DEVICES, MAX_DEVICES } from './city.ts';
export { CityReadings } from './city-readings.ts';
export type { DeviceKind, SimulatedDevice, SimulatedMetric, Surroundings } from './device-kind.ts';
export { HubRefusedError, HubUnreachableError, UsageError } from './errors.ts';
export { runScenario } from './run-scenario.ts';
export type { RunScenarioOptions, ScenarioProgress, ScenarioSummary, TimelineEvent } from './run-scenario.ts';
export { loadScenario, RULES_FOLDER, scenarioNames, scenarioSchema, SCENARIOS_FOLDER } from './scenario.ts';
export type { Scenario, ScenarioEffect } from './scenario.ts';
