/** A day of one reading a minute is one piece: each costs a call into the system, and wakes the reader. */
const PIECE_LENGTH = 65_536;

/** Joins small texts to pieces worth a write. */
export class TextPieces {
  #held = '';

  /** Takes a text in; answers a piece once there is enough. */
  *add(text: string): Generator<string> {
    this.#held += text;
    if (this.#held.length >= PIECE_LENGTH) yield* this.rest();
  }

  *rest(): Generator<string> {
    const piece = this.#held;
    this.#held = '';
    if (piece !== '') yield piece;
  }
}
