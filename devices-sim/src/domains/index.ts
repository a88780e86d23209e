import type { DeviceKind } from '../device-kind.ts';
import { airQuality } from './air-quality.ts';
import { loopDetector } from './loop-detector.ts';
import { waterFlow } from './water-flow.ts';
import { waterPressure } from './water-pressure.ts';

export { airQuality, loopDetector, waterFlow, waterPressure };

export const DEVICE_KINDS: readonly DeviceKind[] = [loopDetector, waterPressure, waterFlow, airQuality];
