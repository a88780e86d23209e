import type { ScenarioEffect } from '../scenario-schema.ts';

/** How strongly an effect is felt, 0 to 1. @param elapsedMs since the scenario's start */
export function strength({ from, to, rampUp, rampDown }: ScenarioEffect, elapsedMs: number): number {
  if (elapsedMs < from || elapsedMs >= to) return 0;
  const rising = rampUp === 0 ? 1 : (elapsedMs - from) / rampUp;
  const falling = rampDown === 0 ? 1 : (to - elapsedMs) / rampDown;
  return Math.min(1, rising, falling);
}

/** What a change that is felt so strongly makes of a value; the value itself if it is not named. */
export function changed({ change }: ScenarioEffect, name: string, felt: number, value: number): number {
  const { add = 0, multiply = 1 } = change[name] ?? {};
  return value * (1 + (multiply - 1) * felt) + add * felt;
}
