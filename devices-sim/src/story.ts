import type { SimulatedDevice } from './device-kind.ts';
import type { CityFaults } from './faults/city-faults.ts';
import type { Scenario } from './scenario.ts';

/** Something that begins or is over. */
export interface TimelineEvent {
  /** Epoch ms. */
  readonly eventTime: number;
  readonly text: string;
  /** Whether it happens in the city or to devices. */
  readonly of: 'city' | 'devices';
}

/** What happens in a scenario, in order. A fault that concerns none of the devices is left out. */
export function storyOf(
  { timeline }: Scenario,
  start: number,
  faults: CityFaults,
  devices: readonly SimulatedDevice[],
): TimelineEvent[] {
  const ofCity = timeline.flatMap(({ from, to, text, over }) => [
    { eventTime: start + from, text, of: 'city' as const },
    { eventTime: start + to, text: over, of: 'city' as const },
  ]);
  const ofDevices = faults.ofScenario(devices).flatMap(({ fault, devices: concerned }) => {
    if (concerned.length === 0) return [];
    const { from, to, text, over, kind } = fault;
    const who = concerned.length === 1 ? concerned[0]!.id : `${concerned.length} devices`;
    return [
      { eventTime: from, text: `${text} (${kind}, ${who})`, of: 'devices' as const },
      { eventTime: to, text: over, of: 'devices' as const },
    ];
  });
  return [...ofCity, ...ofDevices].sort((a, b) => a.eventTime - b.eventTime);
}
