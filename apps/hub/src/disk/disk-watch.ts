import type { Logger } from 'pino';
import { sizeText } from '../amounts.ts';
import type { DiskLevels } from './disk-levels.ts';
import type { DiskRoom } from './disk-room.ts';

/** `low`: the hub warns, and only lets go what has expired. `full`: nothing is acknowledged. */
export type DiskState = 'enough' | 'low' | 'full';

export interface DiskStatus extends DiskRoom, DiskLevels {
  readonly state: DiskState;
}

export interface DiskWatchOptions {
  /** For the sentences. */
  readonly path: string;
  readonly levels: DiskLevels;
  readonly room: () => Promise<DiskRoom>;
  readonly log: Logger;
}

/** Once below a level, so much more must be free, or it would go to and fro. */
const EASE = 1.05;
const RANK: Readonly<Record<DiskState, number>> = { enough: 0, low: 1, full: 2 };

/** Looks at the room on the data directory's disk, and says once when it becomes little, too little, and enough again. */
export class DiskWatch {
  readonly #path: string;
  readonly #levels: DiskLevels;
  readonly #room: () => Promise<DiskRoom>;
  readonly #log: Logger;
  #seen: DiskRoom = { freeBytes: Infinity, totalBytes: Infinity };
  #state: DiskState = 'enough';
  /** The worst since there was enough: what has been said already. */
  #said: DiskState = 'enough';

  constructor({ path, levels, room, log }: DiskWatchOptions) {
    this.#path = path;
    this.#levels = levels;
    this.#room = room;
    this.#log = log;
  }

  /** @throws the file system's error */
  async look(): Promise<void> {
    this.#seen = await this.#room();
    this.#state = this.#stateNow();
    this.#tell();
  }

  status(): DiskStatus {
    return { ...this.#seen, ...this.#levels, state: this.#state };
  }

  /** For the operator: what there is, and what it means. */
  sentence(): string {
    const { freeBytes, totalBytes } = this.#seen;
    const { lowBytes, reserveBytes } = this.#levels;
    const says = `${sizeText(freeBytes)} of ${sizeText(totalBytes)} are free where ${this.#path} is`;
    switch (this.#state) {
      case 'enough':
        return `${says}.`;
      case 'low':
        return `${says}, less than ${sizeText(lowBytes)}: make room. Below ${sizeText(reserveBytes)} nothing is acknowledged.`;
      case 'full':
        return `${says}, less than the reserve of ${sizeText(reserveBytes)}, so nothing is acknowledged: make room.`;
    }
  }

  #stateNow(): DiskState {
    const { freeBytes } = this.#seen;
    const { lowBytes, reserveBytes } = this.#levels;
    if (freeBytes < reserveBytes * (this.#state === 'full' ? EASE : 1)) return 'full';
    return freeBytes < lowBytes * (this.#state === 'enough' ? 1 : EASE) ? 'low' : 'enough';
  }

  #tell(): void {
    if (this.#state === 'enough') {
      if (this.#said !== 'enough') this.#log.info(`the disk has room again: ${this.sentence()}`);
      this.#said = 'enough';
    } else if (RANK[this.#state] > RANK[this.#said]) {
      const level = this.#state === 'low' ? 'warn' : 'error';
      this.#log[level](`the disk has little room: ${this.sentence()}`);
      this.#said = this.#state;
    }
  }
}
