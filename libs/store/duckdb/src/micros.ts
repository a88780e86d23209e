const TWO_TO_32 = 2 ** 32;

/**
 * Microseconds as the engine's BIGINT column. The two halves of each number are written one by one, since a BigInt
 * per reading would cost more than everything else about it. Every platform of Node here is little-endian.
 */
export function bigIntColumn(micros: Float64Array): BigInt64Array {
  const column = new BigInt64Array(micros.length);
  const halves = new Uint32Array(column.buffer);
  for (let i = 0; i < micros.length; i++) {
    const high = Math.floor(micros[i]! / TWO_TO_32);
    halves[2 * i] = micros[i]! - high * TWO_TO_32;
    halves[2 * i + 1] = high;
  }
  return column;
}
