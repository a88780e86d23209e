/** What is used of @lhncbc/ucum-lhc, which ships no types. */
declare module '@lhncbc/ucum-lhc' {
  interface UcumUtils {
    /** `ucumCode` of an invalid unit is the code the library takes it for. */
    validateUnitString(unit: string): { status: 'valid' | 'invalid' | 'error'; ucumCode?: string | null };
    convertUnitTo(
      from: string,
      value: number,
      to: string,
    ): { status: 'succeeded' | 'failed' | 'error'; toVal: number | null };
  }
  const ucum: { UcumLhcUtils: { getInstance(): UcumUtils } };
  export default ucum;
}
