import { DefaultDeserializer, DefaultSerializer, deserialize, serialize } from 'node:v8';

/** So many items of a list are one part. */
const ITEMS_AT_A_TIME = 200;

/**
 * Values in the manner of the structured clone, one behind the other: what is long is written in parts, and nothing is
 * copied once more at the end. `deserialize` reads the first.
 */
export class PartsWriter {
  readonly #out = new DefaultSerializer();

  constructor(first: unknown) {
    this.#out.writeHeader();
    this.#out.writeValue(first);
  }

  value(value: unknown): void {
    this.bytes(serialize(value));
  }

  bytes(part: Uint8Array): void {
    this.#out.writeUint32(part.length);
    this.#out.writeRawBytes(part);
  }

  numbers({ buffer, byteOffset, byteLength }: Float64Array): void {
    this.bytes(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** A list however long, in steps. */
  *list(items: readonly unknown[]): Generator<void, void> {
    this.value(items.length);
    for (let at = 0; at < items.length; at += ITEMS_AT_A_TIME) {
      this.value(items.slice(at, at + ITEMS_AT_A_TIME));
      yield;
    }
  }

  /** All of it; the writer is done with it. */
  take(): Uint8Array {
    return this.#out.releaseBuffer();
  }
}

/** Reads what a `PartsWriter` wrote, in the same order. @throws Error beyond the end */
export class PartsReader<First> {
  readonly first: First;
  readonly #in: DefaultDeserializer;

  constructor(bytes: Uint8Array) {
    this.#in = new DefaultDeserializer(bytes);
    this.#in.readHeader();
    this.first = this.#in.readValue() as First;
  }

  value(): unknown {
    return deserialize(this.bytes());
  }

  bytes(): Uint8Array {
    return this.#in.readRawBytes(this.#in.readUint32());
  }

  numbers(): Float64Array {
    // A copy, since it may lie anywhere.
    return new Float64Array(new Uint8Array(this.bytes()).buffer);
  }

  list(): unknown[] {
    const length = this.value() as number;
    const items: unknown[] = [];
    while (items.length < length) items.push(...(this.value() as unknown[]));
    return items;
  }
}
