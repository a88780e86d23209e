import { isConcerned } from '../concerned-devices.ts';
import type { SimulatedDevice } from '../device-kind.ts';
import { Noise } from '../noise.ts';
import { everydayWear, WEAR_CELL_MS } from './everyday-wear.ts';
import type { Fault, FaultKind } from './fault-schema.ts';
import { holds, type HeldFault } from './held-fault.ts';

/** A reading meets the faults of its sensor in this order, then those of clock and link. */
const ORDER: readonly FaultKind[] = [
  'drift',
  'stuck',
  'units',
  'garbled',
  'clock-skew',
  'dropout',
  'late-burst',
  'duplicates',
];
const LINK_FAULTS: ReadonlySet<FaultKind> = new Set(['dropout', 'late-burst']);
const NONE: readonly HeldFault[] = [];

interface Known {
  readonly ofScenario: readonly HeldFault[];
  cell: number;
  /** All that may hold within the cell. */
  all: readonly HeldFault[];
}

/** Which faults hold which device when: a pure function of seed, start, device and event time. */
export class CityFaults {
  readonly #faults: readonly HeldFault[];
  readonly #seed: number;
  readonly #known = new Map<SimulatedDevice, Known>();

  /** @param start event time (epoch ms) that the faults' offsets count from */
  constructor(faults: readonly Fault[], seed: number, start: number) {
    this.#faults = faults.map((fault) => ({
      ...fault,
      from: start + fault.from,
      to: start + fault.to,
      origin: 'scenario' as const,
    }));
    this.#seed = seed;
  }

  /** The ground truth: the faults that hold a device at an event time (epoch ms), in the order a reading meets them. */
  at(device: SimulatedDevice, eventTime: number): readonly HeldFault[] {
    const known = this.#know(device);
    const cell = Math.floor(eventTime / WEAR_CELL_MS);
    if (cell !== known.cell) {
      known.cell = cell;
      known.all = this.#within(device, known.ofScenario, cell);
    }
    return known.all.length === 0 ? NONE : known.all.filter((fault) => holds(fault, eventTime));
  }

  /** The devices that each fault of the scenario concerns, in the file's order. */
  ofScenario(devices: readonly SimulatedDevice[]): { fault: HeldFault; devices: SimulatedDevice[] }[] {
    return this.#faults.map((fault) => ({
      fault,
      devices: devices.filter((device) => this.#know(device).ofScenario.includes(fault)),
    }));
  }

  #know(device: SimulatedDevice): Known {
    let known = this.#known.get(device);
    if (known === undefined) {
      const concerned = this.#faults.filter((fault, i) => concerns(fault, device) && this.#isPicked(device, fault, i));
      const ofScenario = concerned.length === 0 ? NONE : inOrder(concerned);
      this.#known.set(device, (known = { ofScenario, cell: NaN, all: NONE }));
    }
    return known;
  }

  #isPicked({ id }: SimulatedDevice, { share }: Fault, index: number): boolean {
    return share === 1 || new Noise(this.#seed, id).uniform(`fault ${index}`, 0) < share;
  }

  #within(device: SimulatedDevice, ofScenario: readonly HeldFault[], cell: number): readonly HeldFault[] {
    const wear = everydayWear(device, this.#seed, cell).filter((fault) => !isOvertaken(fault, ofScenario));
    return wear.length === 0 ? ofScenario : inOrder([...ofScenario, ...wear]);
  }
}

/** What a scenario does to a link is not changed by the wear of that link. */
function isOvertaken(wear: HeldFault, ofScenario: readonly HeldFault[]): boolean {
  if (!LINK_FAULTS.has(wear.kind)) return false;
  return ofScenario.some(({ kind, from, to }) => LINK_FAULTS.has(kind) && from < wear.to && to > wear.from);
}

function inOrder(faults: readonly HeldFault[]): readonly HeldFault[] {
  return faults.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** A fault of one metric concerns the devices that measure it. */
function concerns(fault: Fault, device: SimulatedDevice): boolean {
  return isConcerned(fault, device) && (!('metric' in fault) || fault.metric in device.kind.metrics);
}
