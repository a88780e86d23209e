/** A change to one metric's description: `null` deletes a field, or all names of states. */
export interface MetricPatch {
  readonly unit?: string | null;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly states?: Readonly<Record<string, string | null>> | null;
}

/** A change to a `DeviceDescription`: what is absent stays, `null` deletes. */
export interface DevicePatch {
  readonly name?: string | null;
  readonly type?: string | null;
  readonly district?: string | null;
  readonly site?: string | null;
  readonly gateway?: string | null;
  readonly labels?: Readonly<Record<string, string | null>> | null;
  readonly location?: { readonly lat: number; readonly lon: number } | null;
  readonly interval?: string | null;
  readonly outOfService?: boolean | null;
  readonly metrics?: Readonly<Record<string, MetricPatch | null>> | null;
}
