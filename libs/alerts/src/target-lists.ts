import type { Intake } from './compiled-rule.ts';

/** An intake that selects a series, and what it knows it by. */
export interface Target {
  readonly intake: Intake;
  readonly member: number;
}

const FIRST_SERIES = 16;

/** The targets of very many series, by the series' number, in columns: those of one stand together. */
export class TargetLists {
  /** Where the list of each begins and ends: two numbers a series. */
  #bounds = new Uint32Array(FIRST_SERIES * 2);
  #series = 0;
  #intakes: Intake[] = [];
  #members: number[] = [];
  /** How many stand there in vain, since their series has another list. */
  #void = 0;

  /** Where the list of a series begins. */
  begin(series: number): number {
    return this.#bounds[series * 2]!;
  }

  /** Where it ends. */
  end(series: number): number {
    return this.#bounds[series * 2 + 1]!;
  }

  intakeAt(at: number): Intake {
    return this.#intakes[at]!;
  }

  memberAt(at: number): number {
    return this.#members[at]!;
  }

  /** Takes the place of the list a series has. Series are numbered without gaps; a new one has the next number. */
  put(series: number, targets: readonly Target[]): void {
    if (series < this.#series) this.#void += this.end(series) - this.begin(series);
    else this.#add();
    this.#write(series, targets);
    if (this.#void > this.#intakes.length / 2) this.keep(() => true);
  }

  /** Puts others behind those a series has. */
  append(series: number, more: readonly Target[]): void {
    if (more.length > 0) this.put(series, [...this.#listOf(series), ...more]);
  }

  /** Lets go of the targets of all others. */
  keep(isWanted: (intake: Intake) => boolean): void {
    const lists = Array.from({ length: this.#series }, (_, series) =>
      this.#listOf(series).filter(({ intake }) => isWanted(intake)),
    );
    this.#intakes = [];
    this.#members = [];
    this.#void = 0;
    lists.forEach((targets, series) => this.#write(series, targets));
  }

  #add(): void {
    this.#series++;
    if (this.#series * 2 <= this.#bounds.length) return;
    const bounds = new Uint32Array(this.#series * 4);
    bounds.set(this.#bounds);
    this.#bounds = bounds;
  }

  #write(series: number, targets: readonly Target[]): void {
    this.#bounds[series * 2] = this.#intakes.length;
    for (const { intake, member } of targets) {
      this.#intakes.push(intake);
      this.#members.push(member);
    }
    this.#bounds[series * 2 + 1] = this.#intakes.length;
  }

  #listOf(series: number): Target[] {
    const targets: Target[] = [];
    for (let at = this.begin(series); at < this.end(series); at++) {
      targets.push({ intake: this.intakeAt(at), member: this.memberAt(at) });
    }
    return targets;
  }
}
