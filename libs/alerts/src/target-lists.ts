import type { Intake } from './compiled-rule.ts';

/** An intake that selects a series, and what it knows it by. */
export interface Target {
  readonly intake: Intake;
  readonly member: number;
}

/** The targets of very many series, by the series' number, in columns: those of one stand together. */
export class TargetLists {
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  #intakes: Intake[] = [];
  #members: number[] = [];
  /** How many stand there in vain, since their series has another list. */
  #void = 0;

  /** Where the list of a series begins. */
  begin(series: number): number {
    return this.#begins[series]!;
  }

  /** Where it ends. */
  end(series: number): number {
    return this.#ends[series]!;
  }

  intakeAt(at: number): Intake {
    return this.#intakes[at]!;
  }

  memberAt(at: number): number {
    return this.#members[at]!;
  }

  /** Takes the place of the list a series has. Series are numbered without gaps; a new one has the next number. */
  put(series: number, targets: readonly Target[]): void {
    if (series < this.#begins.length) this.#void += this.#ends[series]! - this.#begins[series]!;
    this.#write(series, targets);
    if (this.#void > this.#intakes.length / 2) this.keep(() => true);
  }

  /** Puts others behind those a series has. */
  append(series: number, more: readonly Target[]): void {
    if (more.length > 0) this.put(series, [...this.#listOf(series), ...more]);
  }

  /** Lets go of the targets of all others. */
  keep(isWanted: (intake: Intake) => boolean): void {
    const lists = this.#begins.map((_, series) => this.#listOf(series).filter(({ intake }) => isWanted(intake)));
    this.#intakes = [];
    this.#members = [];
    this.#void = 0;
    lists.forEach((targets, series) => this.#write(series, targets));
  }

  #write(series: number, targets: readonly Target[]): void {
    this.#begins[series] = this.#intakes.length;
    for (const { intake, member } of targets) {
      this.#intakes.push(intake);
      this.#members.push(member);
    }
    this.#ends[series] = this.#intakes.length;
  }

  #listOf(series: number): Target[] {
    const targets: Target[] = [];
    for (let at = this.begin(series); at < this.end(series); at++) {
      targets.push({ intake: this.intakeAt(at), member: this.memberAt(at) });
    }
    return targets;
  }
}
