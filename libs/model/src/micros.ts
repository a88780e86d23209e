/** From here on (the year 2109) a double has no room for half a microsecond beside its milliseconds. */
const NO_ROOM_FOR_HALVES = 2 ** 42;

/** Epoch ms as whole microseconds; exact up to the year 2255. */
export function microsOf(eventTime: number): number {
  const micros = Math.round(eventTime * 1000);
  if (eventTime < NO_ROOM_FOR_HALVES || micros / 1000 === eventTime) return micros;
  // The product was rounded to the middle between two; the one it came from is the one that gives the same double.
  return (micros - 1) / 1000 === eventTime ? micros - 1 : micros;
}
