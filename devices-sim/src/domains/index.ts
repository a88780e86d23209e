import type { DeviceKind } from '../device-kind.ts';
import { airQuality } from './air-quality.ts';
import { bus } from './bus.ts';
import { carPark } from './car-park.ts';
import { electricityMeter } from './electricity-meter.ts';
import { feeder } from './feeder.ts';
import { hotline } from './hotline.ts';
import { loopDetector } from './loop-detector.ts';
import { machine } from './machine.ts';
import { riverGauge } from './river-gauge.ts';
import { serviceHall } from './service-hall.ts';
import { signal } from './signal.ts';
import { soundLevel } from './sound-level.ts';
import { streetLight } from './street-light.ts';
import { tideGauge } from './tide-gauge.ts';
import { wasteBin } from './waste-bin.ts';
import { waterFlow } from './water-flow.ts';
import { waterPressure } from './water-pressure.ts';
import { weatherStation } from './weather-station.ts';

/** A kind and how many of a thousand further devices are of it, after every district has one. */
export interface Share {
  readonly kind: DeviceKind;
  readonly perMille: number;
}

/** In the order in which a city puts them up first. */
export const CITY_SHARES: readonly Share[] = [
  { kind: loopDetector, perMille: 80 },
  { kind: airQuality, perMille: 30 },
  { kind: waterPressure, perMille: 40 },
  { kind: weatherStation, perMille: 10 },
  { kind: feeder, perMille: 20 },
  { kind: signal, perMille: 50 },
  { kind: waterFlow, perMille: 30 },
  { kind: hotline, perMille: 0 },
  { kind: carPark, perMille: 40 },
  { kind: bus, perMille: 50 },
  { kind: riverGauge, perMille: 8 },
  { kind: tideGauge, perMille: 2 },
  { kind: soundLevel, perMille: 20 },
  { kind: machine, perMille: 40 },
  { kind: electricityMeter, perMille: 290 },
  { kind: streetLight, perMille: 170 },
  { kind: wasteBin, perMille: 110 },
  { kind: serviceHall, perMille: 10 },
];

export const DEVICE_KINDS: readonly DeviceKind[] = CITY_SHARES.map(({ kind }) => kind);
