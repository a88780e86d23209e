/**
 * The buckets of a percentile sketch after Masson, Rim and Lee's DDSketch, the same in windows and in stored rollups:
 * each as wide as the error allows. Bucket k holds sizes above BASE^(k − 1) and up to BASE^k.
 */

/** The value a sketch tells differs from the reading at the rank by no more than this part of it. */
export const SKETCH_RELATIVE_ERROR = 0.01;

export const SKETCH_LOG_BASE = Math.log((1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR));
/** From the logarithm of a bucket's upper end to that of the value that is as far, in parts of it, from either end. */
export const SKETCH_LOG_MIDDLE = Math.log(1 - SKETCH_RELATIVE_ERROR);
/** Brings the smallest bucket's number above 0, so that its sign can tell that of the values. */
export const SKETCH_KEY_SHIFT = 36_000;
/** What is smaller has lost its digits, and counts as 0. */
export const SKETCH_SMALLEST = 2 ** -1022;
