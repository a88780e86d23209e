import type { DeviceState } from '@seawall/model';
import { sampleOfBytes, type Fault } from './fault.ts';
import { parseJson } from './parse-json.ts';

export type SaidState = Exclude<DeviceState, 'unknown'>;

/** Decodes an `…/status` message: `online`, `offline`, or `{"state":"online"}`. */
export function decodeStatus(payload: Uint8Array): SaidState | Fault {
  const text = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, 16)).toString('latin1');
  const state = text === 'online' || text === 'offline' ? text : stateField(payload);
  if (state === 'online' || state === 'offline') return state;
  const detail = 'A status is the text online or offline, or {"state":"online"}.';
  return { reason: 'bad-status', detail, pointer: '', sample: sampleOfBytes(payload) };
}

function stateField(payload: Uint8Array): unknown {
  const { value } = parseJson(payload);
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'state')
    ? (value as { state: unknown }).state
    : undefined;
}
