export * from './alert-identity.ts';
export * from './alert-state-machine.ts';
export { createEngine, DEFAULT_DELAY_MS, DEFAULT_IDLE_AFTER_MS, ENGINE_PRODUCER } from './engine.ts';
export type { Engine, EngineStatus } from './engine.ts';
export type { RefusedRule } from './engine-state.ts';
export type { RuleCounts } from './compiled-rule.ts';
export * from './rule-error.ts';
export { parseRule } from './rule-schema.ts';
