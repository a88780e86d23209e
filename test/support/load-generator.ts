import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadPlan } from './load-plan.ts';
import { compiled } from './repository.ts';

export type LoadCommand =
  | { readonly kind: 'prepare'; readonly plan: LoadPlan; readonly inFlight: number }
  | { readonly kind: 'connect'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'run'; readonly ratePerSecond: number | null } & Pace)
  | { readonly kind: 'pause' | 'drain' | 'counts' | 'report' };

export interface Pace {
  /** Messages that may wait for their PUBACK on each connection; as `prepare` was told unless given. */
  readonly inFlight?: number;
  /** How far behind its rate the load may fall and still make up for it; a tenth of a second unless given. */
  readonly owedMs?: number;
}

export interface LoadReport {
  /** By connection: messages begun. */
  readonly sent: readonly number[];
  /** By connection and message number: 1 if acknowledged. */
  readonly acknowledged: readonly Uint8Array[];
  readonly acknowledgedCount: number;
  readonly failures: number;
  readonly latencyCounts: Uint32Array;
  /** Since the last `run`. */
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** How far it has been behind its rate at most: the hub or the generator itself was late. */
  readonly owedMaxMs: number;
}

/** Publishes a plan over many connections from a process of its own, QoS 1, and knows what was acknowledged. */
export class LoadGenerator {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #nextId = 0;

  constructor() {
    this.#child = fork(compiled('support/load-process.js'), { serialization: 'advanced', execArgv: [] });
    this.#child.on('message', (message) => this.#take(message as { id: number; answer?: never; error?: string }));
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The load generator ended with code ${code}.`));
    });
  }

  prepare(plan: LoadPlan, inFlight: number): Promise<void> {
    return this.#ask({ kind: 'prepare', plan, inFlight });
  }

  /** Also after a crash: what was in flight is sent again, with DUP, then the load goes on. */
  connect(mqttUrl: string): Promise<void> {
    const { hostname, port } = new URL(mqttUrl);
    return this.#ask({ kind: 'connect', host: hostname, port: Number(port) });
  }

  /** @param ratePerSecond messages over all connections; null: as fast as they are acknowledged */
  run(ratePerSecond: number | null, pace: Pace = {}): Promise<void> {
    return this.#ask({ kind: 'run', ratePerSecond, ...pace });
  }

  pause(): Promise<void> {
    return this.#ask({ kind: 'pause' });
  }

  /** Begins nothing new; resolves when all that was sent is acknowledged. */
  drain(): Promise<void> {
    return this.#ask({ kind: 'drain' });
  }

  /** Without what each connection sent. */
  counts(): Promise<LoadReport> {
    return this.#ask({ kind: 'counts' });
  }

  report(): Promise<LoadReport> {
    return this.#ask({ kind: 'report' });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #ask<T>(command: LoadCommand): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command });
    });
  }

  #take({ id, answer, error }: { id: number; answer?: never; error?: string }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer as never);
    else waiting?.reject(new Error(error));
  }
}

export function latencyOf(report: LoadReport): LatencyHistogram {
  return new LatencyHistogram(report.latencyCounts);
}
