import { ask, NotThereError } from '../commands/http-client.ts';
import type { HubAddress } from '../commands/hub-address.ts';

const LISTED = 20;

/** Why nothing comes, as far as the hub can tell; undefined where it can't. */
export async function silenceHint(
  address: HubAddress,
  devices: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const wanted = devices.join(' ');
  const waiting = `nothing yet from ${wanted}; waiting`;
  const hints = await Promise.all(devices.map((device) => hintOf(address, device, signal)));
  const known = hints.filter((hint) => hint !== undefined);
  return known.length === 0 ? waiting : `${waiting}. ${known.join(' ')}`;
}

async function hintOf(address: HubAddress, pattern: string, signal: AbortSignal): Promise<string | undefined> {
  if (pattern.startsWith('!')) return undefined;
  if (pattern.includes('*')) {
    const fixed = pattern.split('*')[0]!;
    const found = await devicesLike(address, fixed, signal);
    // A full list holds devices that have it somewhere, and may leave out those that begin with it.
    if (found.length === LISTED || found.some((id) => id.startsWith(fixed))) return undefined;
    return `The hub knows no device that begins with "${fixed}".`;
  }
  if (await isKnown(address, pattern, signal)) return `The hub knows ${pattern}, which has said nothing since.`;
  const near = await devicesLike(address, pattern.replace(/[-_:.]?[^-_:.]*$/, ''), signal);
  const like = near.length === 0 ? '' : ` It knows ${near.slice(0, 3).join(', ')}.`;
  return `The hub knows no device "${pattern}": does it publish to city/<domain>/${pattern}/telemetry?${like}`;
}

async function isKnown(address: HubAddress, device: string, signal: AbortSignal): Promise<boolean> {
  try {
    await ask(address, `/api/v1/devices/${encodeURIComponent(device)}`, { signal });
    return true;
  } catch (error) {
    if (error instanceof NotThereError) return false;
    throw error;
  }
}

async function devicesLike(address: HubAddress, search: string, signal: AbortSignal): Promise<readonly string[]> {
  const asked = new URLSearchParams({ limit: String(LISTED), ...(search === '' ? {} : { search }) });
  const { items } = (await (await ask(address, `/api/v1/devices?${asked.toString()}`, { signal })).json()) as {
    items: { id: string }[];
  };
  return items.map(({ id }) => id);
}
