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

/**
 * Microseconds as epoch ms. The halves of each number are put together one by one: a BigInt a reading would cost more than
 * everything else about it.
 */
export function epochMsColumn(micros: BigInt64Array): Float64Array {
  const halves = new Int32Array(micros.buffer, micros.byteOffset, micros.length * 2);
  const time = new Float64Array(micros.length);
  for (let i = 0; i < time.length; i++) time[i] = (halves[2 * i + 1]! * 2 ** 32 + (halves[2 * i]! >>> 0)) / 1000;
  return time;
}
