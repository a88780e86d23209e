import { LoadGenerator, type LoadReport } from './load-generator.ts';
import type { LoadPlan } from './load-plan.ts';
import { startHub, type HubOptions, type RunningHub } from './start-hub.ts';
import { acknowledgedReadings, compareStored, countStored, type Difference } from './stored-readings.ts';
import { waitUntil } from './wait-until.ts';

/** A real hub and a load on it that knows what was acknowledged. The hub may die and come back, the load goes on. */
export class HubUnderLoad {
  readonly load = new LoadGenerator();
  readonly #plan: LoadPlan;
  readonly #options: HubOptions;
  readonly #inFlight: number;
  #prepared: Promise<void> | undefined;
  #hub: RunningHub | undefined;

  /** @param inFlight messages that may wait for their PUBACK on each connection */
  constructor(plan: LoadPlan, options: HubOptions, inFlight: number) {
    this.#plan = plan;
    this.#options = options;
    this.#inFlight = inFlight;
  }

  get hub(): RunningHub {
    if (this.#hub === undefined) throw new Error('The hub has not begun.');
    return this.#hub;
  }

  /** Starts the hub where it was left; the load stays as it is. */
  async start(options: Partial<HubOptions> = {}): Promise<void> {
    this.#hub = await startHub({ ...this.#options, ...options });
  }

  /** @param ratePerSecond messages over all connections; null: as fast as they are acknowledged */
  async run(ratePerSecond: number | null): Promise<void> {
    this.#prepared ??= this.load.prepare(this.#plan, this.#inFlight);
    await this.#prepared;
    await this.load.connect(this.hub.mqtt);
    await this.load.run(ratePerSecond);
  }

  async begin(ratePerSecond: number | null): Promise<void> {
    await this.start();
    await this.run(ratePerSecond);
  }

  /** SIGKILL; the load waits for the next `run`. */
  async kill(): Promise<void> {
    await this.hub.kill9();
    await this.load.pause();
  }

  async acknowledged(): Promise<number> {
    return (await this.load.counts()).acknowledgedCount;
  }

  /** Until so many more messages are acknowledged. A refused client is cut off; like any device it comes back. */
  async goesOn(more: number, timeoutMs = 30_000): Promise<void> {
    const before = await this.acknowledged();
    const hasGoneOn = async () => {
      const { acknowledgedCount, failures } = await this.load.counts();
      if (acknowledgedCount > before + more) return true;
      if (failures > 0) await this.load.connect(this.hub.mqtt).catch(() => undefined);
      return false;
    };
    await waitUntil('the load goes on', hasGoneOn, timeoutMs, 500);
  }

  /** Until no acknowledgement has come for a while. */
  async fallsSilent(silentForMs = 700, timeoutMs = 20_000): Promise<void> {
    let before = -1;
    const still = async () => before === (before = await this.acknowledged());
    await waitUntil('nothing is acknowledged any more', still, timeoutMs, silentForMs);
  }

  /** Begins no new message, and waits until each has its PUBACK. */
  async drained(): Promise<LoadReport> {
    await this.load.drain();
    return this.load.report();
  }

  /** Until the store has as many readings as were acknowledged. @returns what differs all the same; empty is good */
  async differences(timeoutMs = 30_000): Promise<Difference[]> {
    const report = await this.load.report();
    const expected = acknowledgedReadings(this.#plan, report);
    const all = async () => (await countStored(this.hub.http, this.#plan)) >= expected;
    await waitUntil('the store has caught up', all, timeoutMs, 200);
    return compareStored(this.hub.http, this.#plan, report);
  }

  async stop(): Promise<void> {
    await this.load.stop();
    if (this.#hub?.isRunning()) await this.#hub.kill9();
  }
}
